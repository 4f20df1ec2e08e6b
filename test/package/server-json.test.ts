import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { connectionVariables } from '../../shared/config/environment/documented-variables.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { variables } from '../../shared/config/variables.ts';
import { version } from '../../shared/lib/version.ts';
import { adapters } from '../fixtures/adapters.ts';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const schema = z.looseObject({ $id: z.string() }).parse(read('test/fixtures/mcp/server.schema.json'));
const formats = { uri: (text: string) => URL.canParse(text), 'uri-template': true } as const;
const validate = new Ajv({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  formats,
}).compile(schema);

const variableSchema = z.strictObject({
  name: z.string(),
  /** Shown as it is, so it has no mark of a document. */
  description: z.string().regex(/^[^`*]+$/),
  isSecret: z.literal(true).optional(),
  choices: z.array(z.string()).optional(),
  format: z.enum(['number', 'filepath']).optional(),
});
/** Stricter than the registry's schema, which takes a misspelt field for somebody's extension. */
const manifestSchema = z.strictObject({
  $schema: z.literal(schema.$id),
  name: z.string(),
  title: z.string(),
  description: z.string(),
  version: z.string(),
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal('npm'),
      registryBaseUrl: z.literal('https://registry.npmjs.org'),
      identifier: z.string(),
      version: z.string(),
      runtimeHint: z.literal('npx'),
      transport: z.strictObject({ type: z.literal('stdio') }),
      packageArguments: z.array(z.strictObject({ type: z.literal('positional'), value: z.string() })),
      environmentVariables: z.array(variableSchema),
    }),
  ]),
});

/** Variables that mean nothing to a server on standard input and output. */
const elsewhere: Readonly<Record<string, string>> = {
  PORT: 'it listens nowhere',
  HOST: 'it listens nowhere',
  CALLOFF_KEEP_ALIVE_SECONDS: 'it listens nowhere',
  CALLOFF_METRICS: 'it listens nowhere',
  CALLOFF_METRICS_PORT: 'it listens nowhere',
  CALLOFF_TRUSTED_PROXIES: 'it listens nowhere',
  CALLOFF_TABLE: 'the store is a file but in Lambda',
  CALLOFF_QUEUE_URL: 'Slack cannot reach it',
  CALLOFF_OPERATIONS_QUEUE_URL: 'it works off operations itself, without a queue',
  CALLOFF_SECRET_PREFIX: 'keys come from AWS in Lambda only',
  CALLOFF_SECRET_ARNS: 'keys come from AWS in Lambda only',
  CALLOFF_SECRET_MAX_AGE_SECONDS: 'keys come from AWS in Lambda only',
  CALLOFF_CONSOLE: 'it serves no page',
  CALLOFF_PUBLIC_URL: 'it serves no page',
  SLACK_SIGNING_SECRET: 'Slack cannot reach it',
  SLACK_SIGNING_SECRET_PREVIOUS: 'Slack cannot reach it',
  CALLOFF_SLACK_RESPONSE_ORIGIN: 'Slack cannot reach it',
  SLACK_WEBHOOK_URL: 'a server tells Slack of requests',
};

describe('server.json', () => {
  const manifest = manifestSchema.parse(read('server.json'));
  const [entry] = manifest.packages;

  it('is valid by the schema of the registry', () => {
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['no name', { ...manifest, name: undefined }],
    ['a name without a namespace', { ...manifest, name: 'calloff' }],
    ['a description over 100 characters', { ...manifest, description: 'x'.repeat(101) }],
    ['the version "latest"', { ...manifest, packages: [{ ...entry, version: 'latest' }] }],
    ['no transport', { ...manifest, packages: [{ ...entry, transport: {} }] }],
    [
      'an argument of no type',
      { ...manifest, packages: [{ ...entry, packageArguments: [{ value: 'mcp' }] }] },
    ],
    ['a secret that is no boolean', withVariable({ name: 'X', isSecret: 'yes' })],
    ['a variable without a name', withVariable({ isSecret: true })],
  ])('would not be with %s', (_fault, wrong) => {
    expect(validate(JSON.parse(JSON.stringify(wrong)))).toBe(false);
  });

  function withVariable(variable: object) {
    return { ...manifest, packages: [{ ...entry, environmentVariables: [variable] }] };
  }

  it('is about this package, in this version, under the name the package claims', () => {
    const its = z.object({ name: z.string(), mcpName: z.string(), version: z.string() });
    const { name, mcpName, version: packaged } = its.parse(read('package.json'));
    expect({ name: manifest.name, version: manifest.version }).toEqual({ name: mcpName, version: packaged });
    expect({ identifier: entry.identifier, version: entry.version }).toEqual({ identifier: name, version });
    expect(entry.packageArguments).toEqual([{ type: 'positional', value: 'mcp' }]);
  });

  it('names every variable that the server reads, and the keys as secrets', () => {
    const known = [...connectionVariables, ...Object.values(variables)].map(({ name }) => name);
    const expected = known.filter((name) => !(name in elsewhere));
    expect(entry.environmentVariables.map(({ name }) => name).sort()).toEqual(expected.sort());
    const secrets = entry.environmentVariables.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    const keys = new Set(Object.values(adapters).map(({ key }) => key.variable));
    expect(secrets).toEqual([...keys, 'CALLOFF_TOKEN', 'CALLOFF_PEPPER']);
  });

  it('offers only choices that the server takes', () => {
    for (const { name, choices = [] } of entry.environmentVariables)
      for (const choice of choices) expect(() => readSettings({ [name]: choice })).not.toThrow();
  });
});
