import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { unusedKeys } from '../../shared/config/environment/unused.ts';
import { EnvironmentReader } from '../../shared/config/environment-reader.ts';
import { keysFromEnvAndFiles } from '../../shared/config/file/connection-keys.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { parseKey } from '../../shared/config/values.ts';
import { variables } from '../../shared/config/variables.ts';
import { invalid } from '../../shared/contract/result.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { keyFinding } from '../../shared/messages/key.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { freshFolder } from '../support/process/temporary.ts';

const folder = freshFolder();
mkdirSync(folder, { recursive: true });

/** The path of a file with this text. */
function fileWith(text: string | Buffer, name = 'secret'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

/** A variable with a secret, and a text that it takes. */
const secrets: Readonly<Record<string, string>> = {
  CALLOFF_TOKEN: canaryKey,
  CALLOFF_PEPPER: `${canaryKey}-and-more-than-32-characters`,
  SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
  SLACK_SIGNING_SECRET_PREVIOUS: '8f742231b10e8888abcd99yyyzzz85a6',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/abcdef',
  ...Object.fromEntries(Object.values(providerFacts).map(({ key }) => [key.variable, canaryKey])),
};
/** What must be set beside a variable. */
const beside: Record<string, string> = {
  CALLOFF_CONNECTIONS: Object.keys(providerFacts).join(','),
  AWS_REGION: 'eu-central-1',
  GITHUB_REPOSITORY: 'octo-lab/simulations',
  HF_NAMESPACE: 'octo-lab',
  DATABRICKS_HOST: 'dbc-1.cloud.databricks.com',
  QISKIT_IBM_INSTANCE: 'crn:v1:bluemix:public:quantum-computing:us-east:a/1:2::',
};

describe('a secret in a file', () => {
  it('is read for every setting that says that it is secret', () => {
    const named = Object.values(variables).flatMap((each) => ('isSecret' in each ? [each.name] : []));
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(named));
    expect(named.toSorted()).toEqual(
      Object.keys(secrets)
        .filter((name) => /^(CALLOFF|SLACK)_/.test(name))
        .toSorted(),
    );
  });

  it('means the same as the variable itself, for each that holds a secret', () => {
    const asFiles = Object.entries(secrets).map(([name, text]): [string, string] => [
      `${name}_FILE`,
      fileWith(`${text}\n`, name),
    ]);
    const settings = readSettings({ ...beside, ...Object.fromEntries(asFiles) });
    expect(settings).toEqual(readSettings({ ...beside, ...secrets }));
    expect(settings.connections.filter(({ apiKey }) => apiKey !== canaryKey)).toEqual([]);
  });

  it('is read as the variable is, whatever it holds, and never shown', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 60 }),
      fc.constantFrom(
        '\u0024{env:KEY}',
        'YOUR_KEY',
        '"quoted-key"',
        'Bearer abc',
        '{"a": "b"}',
        'two\nlines',
      ),
      fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
    );
    const around = fc.constantFrom('', '\n', '\r\n', ' \n\n', '\t', '\ufeff');
    fc.assert(
      fc.property(text, around, around, (secret, before, after) => {
        const written = Buffer.from(before + secret + after).toString();
        if (written.trim() === '') return;
        const read = (environment: Record<string, string>) => {
          const reader = new EnvironmentReader(environment);
          return {
            value: reader.read({ name: 'KEY', parse: parseKey, isSecret: true }),
            faults: reader.faults,
          };
        };
        const fromFile = read({ KEY_FILE: fileWith(written) });
        const fromVariable = read({ KEY: written });
        expect(fromFile.value).toBe(fromVariable.value);
        expect(fromFile.faults).toEqual(
          fromVariable.faults.map((fault) => fault.replace(/^KEY /, 'KEY_FILE names a file whose content ')),
        );
        if (secret.trim().length > 12) expect(fromFile.faults.join()).not.toContain(secret.trim());
      }),
      { numRuns: 300 },
    );
  });

  it.each<readonly [what: string, path: () => string, fault: string]>([
    ['that is absent', () => join(folder, 'absent'), 'names a file that cannot be read (ENOENT)'],
    ['that is a folder', () => folder, 'names a folder; it must name the file that holds the secret'],
    [
      'that is a device',
      () => '/dev/null',
      'names a pipe or a device; it must name a file, because calloff may read it twice',
    ],
    ['that is empty', () => fileWith(' \r\n'), 'names a file that is empty'],
    [
      'that is too large',
      () => fileWith(canaryKey.repeat(9_999)),
      'names a file of more than 65,536 bytes, which holds no secret',
    ],
    [
      'with a second line',
      () => fileWith(`${canaryKey}\nx`),
      'names a file whose content must be 16 to 512 visible ASCII characters without spaces',
    ],
    [
      'that is not text',
      () => fileWith(Buffer.from(canaryKey, 'utf16le')),
      'names a file whose content must be 16 to 512 visible ASCII characters without spaces',
    ],
    [
      'with a placeholder',
      () => fileWith('<your token>\n'),
      'names a file whose content is a placeholder that was never filled in',
    ],
    ['whose path is a placeholder', () => '\u0024{TOKEN_PATH}', 'is a placeholder that was never filled in'],
    [
      'whose path only a shell knows',
      () => '~/token',
      'contains ~ or a variable such as $HOME, which only a shell replaces; write the whole path',
    ],
  ])('%s keeps calloff from starting, by a sentence', (_what, path, fault) => {
    const faults = faultsOf({ CALLOFF_TOKEN_FILE: path() });
    expect(faults).toEqual([`CALLOFF_TOKEN_FILE ${fault}`]);
    expect(everythingShown(faults)).not.toContain(canaryKey);
    expect(everythingShown(faults)).not.toContain(folder);
  });

  it('beside the variable itself is one too many, unless one of the two is empty', () => {
    const file = fileWith(canaryKey);
    for (const name of ['CALLOFF_TOKEN', 'IONQ_API_KEY'])
      expect(faultsOf({ [name]: canaryKey, [`${name}_FILE`]: file })).toEqual([
        `${name} and ${name}_FILE are both set. Unset one`,
      ]);
    expect(readSettings({ CALLOFF_TOKEN: '', CALLOFF_TOKEN_FILE: file }).token).toBe(canaryKey);
    expect(readSettings({ CALLOFF_TOKEN: canaryKey, CALLOFF_TOKEN_FILE: ' ' }).token).toBe(canaryKey);
    expect(faultsOf({ SLACK_SIGNING_SECRET: '', SLACK_SIGNING_SECRET_FILE: file })).toHaveLength(1);
  });

  it('has no form for a setting that is no secret, or that is misspelt', () => {
    const file = fileWith(canaryKey);
    for (const name of ['CALLOFF_CONFIG_FILE', 'CALLOFF_TOKN_FILE', 'CALLOFF_DATA_DIR_FILE'])
      expect(faultsOf({ [name]: file })).toEqual([
        expect.stringMatching(`^${name} is not a known variable;.* CALLOFF_TOKEN_FILE,`),
      ]);
  });

  it('is named by its own variable where the token is in vain, and where Slack has only the previous secret', () => {
    const file = fileWith(canaryKey);
    expect(faultsOf({ CALLOFF_TOKEN_FILE: file, CALLOFF_CONFIG: 'calloff.json' })).toEqual([
      'CALLOFF_TOKEN_FILE cannot be combined with CALLOFF_CONFIG, where each caller has its own token. Unset it.',
    ]);
    const previous = { SLACK_SIGNING_SECRET_PREVIOUS_FILE: file };
    expect(faultsOf(previous)).toEqual([
      'SLACK_SIGNING_SECRET_PREVIOUS needs SLACK_SIGNING_SECRET. Set both, or unset it',
    ]);
    expect(readSettings({ ...previous, SLACK_SIGNING_SECRET_FILE: file }).slack.signingSecrets).toHaveLength(
      2,
    );
  });
});

describe('a key in a file', () => {
  it('that is a placeholder leaves the connection without one, and the place is named', () => {
    const path = fileWith('YOUR_IONQ_KEY\n');
    const [ionq] = readSettings({ CALLOFF_CONNECTIONS: 'ionq', IONQ_API_KEY_FILE: path }).connections;
    expect(ionq?.apiKey).toBeUndefined();
    const credentials = ionq && credentialFromSettings(ionq);
    expect(credentials && keyFinding({ name: 'ionq', credentials }).finding).toBe(
      'There is no usable API key for ionq: IONQ_API_KEY_FILE names a file whose content is a placeholder that was never filled in. Correct IONQ_API_KEY_FILE, restart calloff, then try again.',
    );
  });

  it('is told as unused, by its own variable, also if it cannot be read', () => {
    const file = fileWith(canaryKey, 'hf');
    expect(unusedKeys([], { HF_TOKEN_FILE: file, IONQ_API_KEY_FILE: join(folder, 'absent') })).toEqual([
      { variable: 'HF_TOKEN_FILE', providers: ['hugging-face'] },
      { variable: 'IONQ_API_KEY_FILE', providers: ['ionq'] },
    ]);
    expect(unusedKeys([{ provider: 'forge', apiKey: canaryKey }], { HF_TOKEN_FILE: file })).toEqual([]);
  });

  it('is found by the variable that a configuration file names', () => {
    const file = fileWith(`${canaryKey}\n`);
    const read = (environment: Record<string, string>) =>
      keysFromEnvAndFiles(folder, environment)('api_key_env', 'LAB');
    expect(read({ LAB_FILE: file })).toEqual({ ok: true, value: canaryKey });
    expect(read({ LAB: canaryKey, LAB_FILE: file })).toEqual(
      invalid('', 'names a variable that is also set with _FILE at its end; unset one'),
    );
    expect(read({ LAB_FILE: folder })).toEqual(
      invalid(
        '',
        'names a variable that is set with _FILE at its end, which names a folder; it must name the file that holds the secret',
      ),
    );
  });
});
