import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { tools } from '../../mcp/tools/index.ts';
import { listTools } from '../../mcp/tools/list-tools.ts';
import { type AdapterOption, baseUrlVariable } from '../../shared/adapter/provider-facts.ts';
import { configurationJsonSchema } from '../../shared/config/file/json-schema.ts';
import { formatted, listed } from './format.ts';
import type { Provider } from './providers.ts';

/** What the registry of MCP servers takes. */
const longestDescription = 100;
/** An object whose keys stay in their order. */
const object = z.record(z.string(), z.unknown());

/** As many names as fit, and how many more there are. */
function describing(providers: readonly Provider[], sentence: (names: string) => string): string {
  const names = providers.map(({ adapter }) => adapter.displayName);
  const fitting = names.map((_, count) => {
    const rest = count === 0 ? [] : [`${count} more`];
    return sentence(listed([...names.slice(0, names.length - count), ...rest]));
  });
  return fitting.find(({ length }) => length <= longestDescription) ?? sentence(`${names.length} providers`);
}

const description = (providers: readonly Provider[]) =>
  describing(
    providers,
    (names) => `Cancels compute jobs at ${names}; says cancelled only if the provider's status says so.`,
  );

function choicesOf({ values }: AdapterOption): { readonly choices?: readonly string[] } {
  return values instanceof RegExp ? {} : { choices: values };
}

/** A meaning as a sentence of its own, without the marks of a document. */
function plain(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replaceAll('`', '')}`;
}

/** The variables of the providers, as `server.json` describes them. */
function variablesOf(providers: readonly Provider[]) {
  return [
    ...providers.map(({ adapter: { key, displayName } }) => ({
      name: key.variable,
      description: `The API key of ${displayName}; without it, ${displayName} is not configured`,
      isSecret: true,
    })),
    ...providers.map(({ adapter: { id, displayName } }) => ({
      name: baseUrlVariable(id),
      description: `The whole base URL of ${displayName}, path included, if it is not the usual one`,
    })),
    ...providers.flatMap(({ adapter: { deployment } }) =>
      deployment === undefined ? [] : [{ name: deployment.variable, description: plain(deployment.meaning) }],
    ),
    ...providers.flatMap(({ adapter: { options = [] } }) =>
      options.map((option) => ({
        name: option.variable,
        description: plain(option.meaning),
        ...choicesOf(option),
      })),
    ),
  ];
}

async function read(path: string): Promise<Readonly<Record<string, unknown>>> {
  return object.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** An object with one of its objects changed. */
function within(
  whole: unknown,
  key: string,
  change: (part: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  const parts = object.parse(whole);
  return { ...parts, [key]: change(parts[key]) };
}

async function serverManifest(providers: readonly Provider[]): Promise<object> {
  const isOwn = (variable: unknown) =>
    z.object({ name: z.string().startsWith('CALLOFF_') }).safeParse(variable).success;
  const manifest = { ...(await read('server.json')), description: description(providers) };
  return within(manifest, 'packages', (packages) =>
    z
      .array(object)
      .parse(packages)
      .map((entry) =>
        within(entry, 'environmentVariables', (variables) => [
          ...variablesOf(providers),
          ...z.array(z.unknown()).parse(variables).filter(isOwn),
        ]),
      ),
  );
}

const wordsOfBundle = ['cancel', 'jobs', 'batch'];
const wordsOfPackage = ['mcp', 'mcp-server', 'model-context-protocol', ...wordsOfBundle];

/** The bundle asks for the keys of the usual providers: the others need `CALLOFF_CONNECTIONS` or a file, which a bundle's form has no place for. */
async function bundleManifest(providers: readonly Provider[]): Promise<object> {
  const usual = providers.filter(({ adapter }) => !adapter.onlyIfNamed);
  const env = Object.fromEntries(
    usual.map(({ id, adapter }) => [adapter.key.variable, `\u0024{user_config.${optionName(id)}}`]),
  );
  const user_config = Object.fromEntries(
    usual.map(({ id, adapter: { key, displayName } }) => [
      optionName(id),
      {
        type: 'string',
        title: key.title,
        description: `Leave empty if you do not use ${displayName}`,
        sensitive: true,
        required: false,
        default: '',
      },
    ]),
  );
  const manifest = {
    ...(await read('mcpb/manifest.json')),
    description: description(providers),
    tools: tools.map((tool) => ({ name: tool.name, description: plain(tool.summary) })),
    keywords: [...wordsOfBundle, ...providers.map(({ id }) => id)],
    user_config,
  };
  return within(manifest, 'server', (server) =>
    within(server, 'mcp_config', (config) => ({ ...object.parse(config), env })),
  );
}

function optionName(id: string): string {
  return `${id.replaceAll('-', '_')}_api_key`;
}

async function packageManifest(providers: readonly Provider[]): Promise<object> {
  const names = listed(providers.map(({ adapter }) => adapter.displayName));
  return {
    ...(await read('package.json')),
    description: `Calls off compute jobs at ${names}, and says only what the provider's own status says.`,
    keywords: [...wordsOfPackage, ...providers.map(({ id }) => id)],
  };
}

/** The JSON files that name providers or tools, by their paths. What is of neither stays as it is. */
export async function derivedManifests(providers: readonly Provider[]): Promise<ReadonlyMap<string, string>> {
  const manifests: Readonly<Record<string, object>> = {
    'server.json': await serverManifest(providers),
    'mcpb/manifest.json': await bundleManifest(providers),
    'package.json': await packageManifest(providers),
    'calloff.schema.json': configurationJsonSchema(),
  };
  const entries = Object.entries(manifests).map(
    async ([path, manifest]) => [path, await formatted(path, JSON.stringify(manifest, null, 2))] as const,
  );
  // Biome leaves this one alone: it is what a client gets, line by line.
  const definitions = `${JSON.stringify({ tools: listTools() }, null, 2)}\n`;
  return new Map([...(await Promise.all(entries)), ['test/fixtures/mcp/tools.json', definitions]]);
}
