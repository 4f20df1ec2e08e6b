import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifyToken } from '../../shared/access/bearer-token.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { defaultConnections } from '../../shared/config/connection-settings.ts';
import { secretName } from '../../shared/config/secrets/secret-name.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { parseBaseUrl, parseKey } from '../../shared/config/values.ts';
import { variables } from '../../shared/config/variables.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { adapters } from '../fixtures/adapters.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with an environment. The error shows none of its secret values. */
function faultsOf(environment: Environment): readonly string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(everythingShown(error)).not.toContain(canaryKey);
    for (const fault of error.faults) expect(error.message).toContain(fault);
    return error.faults;
  }
}

function connection(environment: Environment, name: string) {
  return readSettings(environment).connections.find((each) => each.name === name);
}

describe('the settings', () => {
  test('are complete with nothing set', () => {
    const { connections, ...others } = readSettings({});
    expect(connections).toEqual(
      defaultConnections.map((id) => ({
        name: id,
        provider: id,
        baseUrl: adapters[id].defaultBaseUrl,
        apiKey: undefined,
        options: {},
      })),
    );
    expect(others).toMatchObject({
      host: '127.0.0.1',
      port: 8_787,
      secretPrefix: 'calloff/',
      secretMaxAgeMs: 300_000,
    });
  });

  test('take what the environment says', () => {
    const settings = readSettings({
      SUTRO_API_KEY: ` ${canaryKey}\n`,
      SUTRO_BASE_URL: 'https://sutro.example/api/',
      SUTRO_CANCEL_METHOD: 'GET',
      HOST: '::1',
      PORT: '0',
      CALLOFF_TOKEN: 'a-token-of-16-ch',
      CALLOFF_DATA_DIR: '/var/lib/calloff',
      CALLOFF_PEPPER: 'a-pepper-of-more-than-32-characters',
      CALLOFF_BUDGET_SECONDS: '5',
      CALLOFF_SECRET_PREFIX: 'team/calloff/',
      CALLOFF_SECRET_MAX_AGE_SECONDS: '1',
    });
    expect(settings.connections.find(({ name }) => name === 'sutro')).toEqual({
      name: 'sutro',
      provider: 'sutro',
      baseUrl: 'https://sutro.example/api',
      apiKey: canaryKey,
      options: { cancel_method: 'GET' },
    });
    expect(settings).toMatchObject({
      ...{ host: '::1', port: 0, token: 'a-token-of-16-ch', budgetMs: 5_000 },
      ...{ secretPrefix: 'team/calloff/', secretMaxAgeMs: 1_000 },
      ...{ dataFolder: '/var/lib/calloff', pepper: 'a-pepper-of-more-than-32-characters' },
    });
  });

  test.each(['', ' ', '\n'])('count a variable set to %j as not set', (empty) => {
    expect(connection({ IONQ_API_KEY: empty, IONQ_BASE_URL: empty }, 'ionq')).toMatchObject({
      apiKey: undefined,
      baseUrl: adapters.ionq.defaultBaseUrl,
    });
    expect(readSettings({ PORT: empty }).port).toBe(8_787);
  });
});

describe('CALLOFF_SECRET_ARNS', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:keys/ionq-AbCdEf';
  const arns = (written: string) => readSettings({ CALLOFF_SECRET_ARNS: written }).secretArns;

  test('says by which ARN a secret is asked for; any other has its name behind the prefix', () => {
    const settings = readSettings({ CALLOFF_SECRET_ARNS: `ionq=${arn}, config=${arn}2` });
    expect(['ionq', 'config', 'sutro'].map((what) => secretName(settings, what))).toEqual([
      arn,
      `${arn}2`,
      'calloff/sutro',
    ]);
    expect(arns('')).toBeUndefined();
  });

  test.each([
    arn,
    `ionq=${arn},`,
    `ionq=keys/ionq`,
    `IonQ=${arn}`,
    `ionq=${arn},ionq=${arn}2`,
    `ionq=${arn}?`,
  ])('is refused as %s', (written) => {
    expect(() => arns(written)).toThrow('CALLOFF_SECRET_ARNS must name each secret once');
  });
});

describe('CALLOFF_CONNECTIONS', () => {
  const names = (written: string) =>
    readSettings({ CALLOFF_CONNECTIONS: written }).connections.map(({ name }) => name);

  test('names the connections of the environment', () => {
    expect(names('sutro')).toEqual(['sutro']);
    expect(names(' ionworks, ionq ')).toEqual(['ionworks', 'ionq']);
    expect(names(' ')).toEqual(defaultConnections);
  });

  test.each([
    ['ionq,', 'has a comma without a name: remove it'],
    ['ionq,ionq', 'names ionq twice: remove one'],
    ['ionq;sutro', 'must have a comma between ionq and sutro'],
    ['ionq sutro', 'must have a comma between ionq and sutro'],
    ['IonQ', 'has IonQ, which is not a provider: write ionq if you mean that'],
    ['sutro, opnai-batch', 'has opnai-batch, which is not a provider: write openai-batch if you mean that'],
    ['databrick', 'has databrick, which is not a provider: write databricks if you mean that'],
  ])('takes no %j, and says what is wrong', (written, fault) => {
    expect(faultsOf({ CALLOFF_CONNECTIONS: written })).toEqual([`CALLOFF_CONNECTIONS ${fault}`]);
  });

  test('names every fault, by its place if the text is like no name and may be a secret', () => {
    expect(faultsOf({ CALLOFF_CONNECTIONS: `ionq,${canaryKey},hugingface` })).toEqual([
      expect.stringMatching(
        /^CALLOFF_CONNECTIONS has, in place 2 of 3, a name that is not a provider's: separate with commas any of anthropic, .*, sutro$/,
      ),
      'CALLOFF_CONNECTIONS has hugingface, which is not a provider: write hugging-face if you mean that',
    ]);
    expect(faultsOf({ CALLOFF_CONNECTIONS: 'azure' })).toEqual([
      expect.stringMatching(/^CALLOFF_CONNECTIONS has a name that is not a provider's: .*\bionq, /),
    ]);
  });

  test('shows nothing of a text that holds a secret', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', ',', ',ionq', 'ionq,'), (before, after) => {
        faultsOf({ CALLOFF_CONNECTIONS: `${before}${canaryKey}${after}` });
      }),
    );
  });
});

describe('a placeholder that a host of MCP bundles left open', () => {
  const placeholder = (option: string) => `\u0024{user_config.${option}}`;

  test('counts as not set, whatever the variable', () => {
    const names = ['IONQ_API_KEY', 'IONQ_BASE_URL', 'SUTRO_CANCEL_METHOD', 'PORT', 'CALLOFF_CONFIRM_ABOVE'];
    const option = fc.string().filter((text) => !/[{}]/.test(text));
    fc.assert(
      fc.property(fc.constantFrom(...names), option, (name, given) => {
        expect(readSettings({ [name]: placeholder(given) })).toEqual(readSettings({}));
      }),
    );
  });

  test.each([
    ...['\u0024{user_config.a', 'user_config.a}', '\u0024user_config.a'],
    ...[`x${placeholder('a')}`, `${placeholder('a')}x`, `${placeholder('a')}${placeholder('b')}`],
  ])('is nothing like the key %j', (key) => {
    expect(connection({ IONQ_API_KEY: key }, 'ionq')).toMatchObject({ apiKey: key });
  });
});

describe('what is wrong with the settings', () => {
  test('is all named at once', () => {
    const faults = faultsOf({
      IONQ_API_KEY: `${canaryKey} x`,
      SUTRO_BASE_URL: `http://user:${canaryKey}@evil.example/?key=${canaryKey}`,
      SUTRO_CANCEL_METHOD: 'DELETE',
      CALLOFF_TOKEN: 'short',
      CALLOFF_CONFIG: 'nul\0',
      CALLOFF_DATA_DIR: '\0',
      CALLOFF_PEPPER: 'of-31-characters-which-is-short',
      CALLOFF_BUDGET_SECONDS: '4',
      CALLOFF_SECRET_PREFIX: 'has space/',
      CALLOFF_SECRET_MAX_AGE_SECONDS: '0',
      CALLOFF_TOKENS: canaryKey,
    });
    expect(faults.map((fault) => fault.split(' ', 1)[0]).sort()).toEqual([
      'CALLOFF_BUDGET_SECONDS',
      'CALLOFF_CONFIG',
      'CALLOFF_DATA_DIR',
      'CALLOFF_PEPPER',
      'CALLOFF_SECRET_MAX_AGE_SECONDS',
      'CALLOFF_SECRET_PREFIX',
      'CALLOFF_TOKEN',
      'CALLOFF_TOKENS',
      'IONQ_API_KEY',
      'SUTRO_BASE_URL',
      'SUTRO_CANCEL_METHOD',
    ]);
  });

  test.each(['CALLOFF_TOKENS', 'CALLOFF_', 'CALLOFF_DRY_RUN', 'CALLOFF_budget_seconds'])(
    'may be a variable it does not know: %s',
    (name) => {
      expect(faultsOf({ [name]: '' })).toEqual([
        expect.stringMatching(new RegExp(`^${name} is not a known variable; .*CALLOFF_TOKEN`)),
      ]);
    },
  );

  test('is one token beside a file in which callers have tokens of their own', () => {
    expect(faultsOf({ CALLOFF_TOKEN: canaryKey, CALLOFF_CONFIG: 'calloff.json' })).toEqual([
      'CALLOFF_TOKEN cannot be combined with CALLOFF_CONFIG, where each caller has its own token. Unset it.',
    ]);
    expect(faultsOf({ CALLOFF_CONFIG: 'calloff.json' })).toEqual([]);
  });

  test('is none of its business in variables of others', () => {
    expect(faultsOf({ PATH: '/bin', CALLOF_TOKEN: 'x', calloff_token: 'x', IONQ_KEY: 'x' })).toEqual([]);
  });

  test.each(['\u0024{env:X}', '$X', '%X%', '<where>', '"https://api.example.com"'])(
    'may be text about the value of any other variable: %j',
    (text) => {
      for (const name of ['SUTRO_BASE_URL', 'CALLOFF_CONFIG', 'CALLOFF_DATA_DIR', 'CALLOFF_BUDGET_SECONDS']) {
        const fault = new RegExp(`^${name} (is a placeholder that was never filled in|has quotes around it)`);
        expect(faultsOf({ [name]: text })).toEqual([expect.stringMatching(fault)]);
      }
    },
  );

  test.each([
    '~/calloff',
    '~',
    '\u0024{HOME}/calloff',
    '$HOME/calloff',
    '%APPDATA%\\calloff',
    '/data/\u0024{USER}/x',
  ])('may be a path that only a shell would have replaced: %j', (path) => {
    expect(faultsOf({ CALLOFF_DATA_DIR: path })).toEqual([
      'CALLOFF_DATA_DIR contains ~ or a variable such as $HOME, which only a shell replaces; write the whole path',
    ]);
  });

  test('is no concern of who listens on nothing, where it is about HOST and PORT', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (HOST, PORT) => {
        expect(faultsOf({ HOST, PORT })).toEqual([]);
      }),
    );
  });

  test('is never told with the value of a secret, whatever it is', () => {
    const names = fc.constantFrom(
      'IONQ_API_KEY',
      'CALLOFF_TOKEN',
      'CALLOFF_PEPPER',
      'PROMPTLOOP_BASE_URL',
      'CALLOFF_SECRET_PREFIX',
      'SLACK_SIGNING_SECRET',
    );
    fc.assert(
      fc.property(names, fc.string(), fc.string(), (name, before, after) => {
        faultsOf({ [name]: `${before}${canaryKey}${after}` });
      }),
    );
  });
});

describe('a key', () => {
  test.each([
    ...[
      'a b',
      'a\tb',
      'a\nb',
      'a\r\nb',
      'a\r\nx-other: b',
      'a\0b',
      'a\x7fb',
      'kéy',
      'key\u200b',
      '\u202ekey',
      '💥',
      '',
    ],
  ])('cannot be %j', (key) => {
    expect(parseKey(key)).toMatchObject({ ok: false });
  });

  test('is trimmed, and then fit for a header as it is', () => {
    expect(parseKey(`\t ${canaryKey}\r\n`)).toEqual({ ok: true, value: canaryKey });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: anyCharacter })), (text) => {
        const key = parseKey(text);
        if (!key.ok) return;
        expect(new Headers({ 'x-api-key': key.value }).get('x-api-key')).toBe(text.trim());
      }),
    );
  });
});

/** https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
const serviceLinks = (service: string) => ({
  [`${service}_SERVICE_HOST`]: '10.0.0.11',
  [`${service}_SERVICE_PORT`]: '8787',
  [`${service}_SERVICE_PORT_HTTP`]: '8787',
  [`${service}_PORT`]: 'tcp://10.0.0.11:8787',
  [`${service}_PORT_8787_TCP`]: 'tcp://10.0.0.11:8787',
  [`${service}_PORT_8787_TCP_PROTO`]: 'tcp',
  [`${service}_PORT_8787_TCP_PORT`]: '8787',
  [`${service}_PORT_8787_TCP_ADDR`]: '10.0.0.11',
});

describe('what Kubernetes writes about a service', () => {
  test.each(['CALLOFF', 'CALLOFF_API', 'IONQ', 'PROMPTLOOP', 'IONWORKS', 'SUTRO', 'SLACK', 'SUTRO_API'])(
    'named %s is passed over',
    (service) => {
      expect(readSettings(serviceLinks(service))).toEqual(readSettings({}));
    },
  );

  test.each([
    { CALLOFF_PORT: '8787' },
    { CALLOFF_HOST: '10.0.0.11' },
    { CALLOFF_SERVICE: 'x' },
    { CALLOFF_SERVICEHOST: '10.0.0.11' },
    { CALLOFF_PORT_TCP: 'tcp://10.0.0.11:8787' },
    { CALLOFF_TOKEN_PORT: '8787' },
  ])('is nothing like %j, which is refused', (environment) => {
    const [name] = Object.keys(environment);
    expect(faultsOf({ ...serviceLinks('CALLOFF'), ...environment })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is not a known variable`)),
    ]);
  });
});

describe('a token', () => {
  test.each([15, 513])('of %i characters, which no request could present, refuses to start', (length) => {
    expect(faultsOf({ CALLOFF_TOKEN: 'tK'.repeat(300).slice(0, length) })).toEqual([
      'CALLOFF_TOKEN must be 16 to 512 visible ASCII characters without spaces',
    ]);
  });

  test('that starts can be presented', async () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ minLength: 500, maxLength: 520 }));
    await fc.assert(
      fc.asyncProperty(text, async (written) => {
        const token = faultsOf({ CALLOFF_TOKEN: written }).length === 0 && written.trim();
        if (!token || token.startsWith('\u0024{user_config.')) return;
        expect(
          await verifyToken(`Bearer ${token}`, async () => readSettings({ CALLOFF_TOKEN: written }).token),
        ).toBe('admitted');
      }),
    );
  });
});

describe('a base URL', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/', 'https://api.example.com'],
    ['https://api.example.com/v0.4//', 'https://api.example.com/v0.4'],
    ['HTTPS://API.EXAMPLE.COM:443/V1', 'https://api.example.com/V1'],
    ['https:\\\\api.example.com\\v1', 'https://api.example.com/v1'],
    ['https://exämple.com', 'https://xn--exmple-cua.com'],
    ['https://127.0.0.1.evil.example', 'https://127.0.0.1.evil.example'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.1.2.3', 'http://127.1.2.3'],
    ['http://localhost:1/v1', 'http://localhost:1/v1'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['http://0x7f000001', 'http://127.0.0.1'],
    ['http://2130706433', 'http://127.0.0.1'],
  ])('may be %s', (text, url) => {
    expect(parseBaseUrl(text)).toEqual({ ok: true, value: url });
  });

  test.each([
    ...[
      '',
      'api.example.com',
      '//api.example.com',
      '/v1',
      'https://',
      'https://a b',
      'https://[::1',
      'https://x:99999',
    ],
    ...[
      'http://api.example.com',
      'http:\\\\example.com',
      'http:/example.com',
      'http:example.com',
      'ftp://127.0.0.1',
    ],
    ...[
      'file:///etc/passwd',
      'data:text/plain,x',
      'javascript:alert(1)',
      'unix:/var/run/docker.sock',
      'blob:https://x',
    ],
    ...['http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'http://evil.example/127.0.0.1'],
    ...[
      'http://localhost.',
      'http://128.0.0.1',
      'http://0.0.0.0',
      'http://[::]',
      'http://[::ffff:127.0.0.1]',
    ],
    ...['http://169.254.169.254', 'http://ⅼocalhost.evil', 'http://127.0.0.1@evil.example'],
    ...['https://user@api.example.com', 'https://user:pass@api.example.com', 'https://:pass@api.example.com'],
    ...[
      'https://api.example.com/?',
      'https://api.example.com/?a=b',
      'https://api.example.com/#',
      'https://x/#a',
    ],
  ])('cannot be %j', (text) => {
    expect(parseBaseUrl(text)).toMatchObject({ ok: false });
  });

  test('leads to https or to this machine, whatever was written', () => {
    const piece = fc.constantFrom(
      ...[
        'http',
        'https',
        ':',
        '/',
        '//',
        '\\',
        '@',
        '127.0.0.1',
        'localhost',
        '[::1]',
        'evil.example',
        '.',
        '%2e',
      ],
      ...['0x7f.1', '#', '?', ' ', '\t', '。', ':80'],
    );
    const text = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((rest) => `http://${rest}`),
          text,
        ),
        (written) => {
          const read = parseBaseUrl(written);
          if (!read.ok) return;
          const url = new URL(read.value);
          const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
          expect(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)).toBe(true);
          expect(url.username + url.password + url.search + url.hash).toBe('');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('what Slack signs with', () => {
  const secret = '8f742231b10e8888abcd99yyyzzz85a5';

  test('is the current secret and, while it is rotated, the one before', () => {
    const slackOf = (environment: Record<string, string>) => readSettings(environment).slack;
    expect(slackOf({})).toEqual({ signingSecrets: [], responseOrigin: undefined });
    expect(slackOf({ SLACK_SIGNING_SECRET: ` ${secret}\n` }).signingSecrets).toEqual([secret]);
    expect(
      slackOf({ SLACK_SIGNING_SECRET: secret, SLACK_SIGNING_SECRET_PREVIOUS: `${secret}0` }).signingSecrets,
    ).toEqual([secret, `${secret}0`]);
  });

  test.each(['', ' ', 'fifteen-letters', 'with a space in it', `${secret}\u00e9`])(
    'is not %j, with which the process does not start',
    (wrong) => {
      const fault = expect.stringMatching(/^SLACK_SIGNING_SECRET must be the signing secret/);
      expect(faultsOf({ SLACK_SIGNING_SECRET: wrong })).toEqual([fault]);
      const previous = { SLACK_SIGNING_SECRET: secret, SLACK_SIGNING_SECRET_PREVIOUS: wrong };
      expect(faultsOf(previous)).toEqual([expect.stringMatching(/^SLACK_SIGNING_SECRET_PREVIOUS must be/)]);
    },
  );

  test('is not the previous secret alone', () => {
    expect(faultsOf({ SLACK_SIGNING_SECRET_PREVIOUS: secret })).toEqual([
      'SLACK_SIGNING_SECRET_PREVIOUS needs SLACK_SIGNING_SECRET. Set both, or unset it',
    ]);
  });

  test('is answered at an origin on this machine, where one is named, and at no other', () => {
    const name = 'CALLOFF_SLACK_RESPONSE_ORIGIN';
    const origin = 'http://127.0.0.1:8080';
    expect(readSettings({ [name]: origin }).slack.responseOrigin).toBe(origin);
    for (const wrong of ['https://example.com', 'http://127.0.0.1:8080/x', 'http://10.0.0.1'])
      expect(faultsOf({ [name]: wrong })).toEqual([expect.stringMatching(/^CALLOFF_SLACK_RESPONSE_ORIGIN /)]);
  });
});

test.each(Object.values(variables).filter((variable) => 'default' in variable && 'parse' in variable))(
  'the default of $name is a value of it',
  ({ parse, default: text }) => expect(parse(text)).toMatchObject({ ok: true }),
);
