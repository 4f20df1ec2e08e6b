import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultConfiguration } from '../../shared/config/configuration.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { defaultConnections } from '../../shared/config/connection-settings.ts';
import { keysInSecrets, skipKeyResolution } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import type { ReadingTerms } from '../../shared/config/file/validation-context.ts';
import { webhookSecretBeside, webhookSecretInSecrets } from '../../shared/config/file/webhook-keys.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { invalid } from '../../shared/contract/result.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { mayAll, newToken } from '../support/configuration.ts';
import { shownConfigurations } from '../support/documents.ts';
import { runs } from '../support/thorough.ts';

const settings = readSettings({});
const terms: ReadingTerms = { settings, key: skipKeyResolution };
const read = (document: unknown, more: Partial<ReadingTerms> = {}) =>
  readConfiguration(JSON.stringify(document), { ...terms, ...more });

/** What is wrong with the text of a configuration. */
function faultsIn(text: string, more: Partial<ReadingTerms> = {}): readonly string[] {
  try {
    readConfiguration(text, { ...terms, ...more });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(everythingShown(error)).not.toContain(canaryKey);
    return error.faults;
  }
}
const faultsOf = (document: unknown, more?: Partial<ReadingTerms>) =>
  faultsIn(JSON.stringify(document), more);

/** A document with one caller, whose section `may` has these fields instead. */
const adaWho = (may: object, more: object = {}) => ({
  callers: { ada: { kind: 'person', may: { ...mayAll, ...may }, ...more } },
});

const slack = { team_id: 'T012ABC', app_id: 'A012ABC', channels: ['C012ABC'] };

describe('a configuration', () => {
  test('says who may do what, where', () => {
    const { entry } = newToken('2027-01-01T00:00:00Z');
    const configuration = read({
      $schema: './calloff.schema.json',
      connections: {
        'ionq-research': { provider: 'ionq', base_url: 'https://ionq.example/v0.4/', api_key: 'a-key' },
        sutro: { provider: 'sutro', cancel_method: 'GET' },
      },
      callers: {
        'night-agent': {
          kind: 'agent',
          tokens: [entry],
          slack: [{ team_id: 'T012ABC', user_id: 'U012ABC', enterprise_id: 'E012ABC' }],
          may: {
            connections: ['sutro', 'ionq-*'],
            actions: ['list', 'cancel'],
            max_jobs: 100,
            cancels_per_minute: 60,
            reads_per_minute: 120,
            confirm_above: 20,
            self_confirm: true,
            jobs: { allow: [{ name: 'sweep-*' }], deny: [{ id: 'job-1', connection: 'sutro' }] },
          },
        },
      },
      protected_jobs: [
        { connection: 'ionq*', name: '*production*' },
        { owner: 'Ada L*', target: 'qpu-*', label: 'env=prod*' },
      ],
      confirmations: { minutes: 90 },
      slack: { ...slack, announce: true },
    });
    const caller = {
      id: 'night-agent',
      kind: 'agent',
      rights: {
        connections: ['sutro', 'ionq-*'],
        actions: ['list', 'cancel'],
        maxJobs: 100,
        maxOperationJobs: 100,
        cancelsPerMinute: 60,
        readsPerMinute: 120,
        confirmAbove: 20,
        selfConfirm: true,
        allow: [{ name: 'sweep-*' }],
        deny: [{ id: 'job-1', connection: 'sutro' }],
      },
    };
    expect(configuration).toEqual({
      connections: [
        {
          name: 'ionq-research',
          provider: 'ionq',
          baseUrl: 'https://ionq.example/v0.4',
          apiKey: 'a-key',
          keyIn: 'connections.ionq-research.api_key',
          options: {},
          fromFile: true,
        },
        {
          name: 'sutro',
          provider: 'sutro',
          baseUrl: 'https://api.sutro.sh',
          options: { cancel_method: 'GET' },
          fromFile: true,
        },
      ],
      callers: new Map([['night-agent', caller]]),
      tokens: new Map([[entry.id, { hmac: entry.hmac, expiresAt: Date.parse('2027-01-01'), caller }]]),
      stdio: defaultConfiguration(settings).stdio,
      cli: defaultConfiguration(settings).cli,
      confirmationMinutes: 90,
      protectedJobs: [
        { connection: 'ionq*', name: '*production*' },
        { owner: 'Ada L*', target: 'qpu-*', label: 'env=prod*' },
      ],
      slack: {
        teamId: 'T012ABC',
        appId: 'A012ABC',
        channels: ['C012ABC'],
        announce: true,
        people: [{ teamId: 'T012ABC', userId: 'U012ABC', enterpriseId: 'E012ABC', caller }],
      },
    });
  });

  test('may be empty: then no token is admitted', () => {
    expect(read({})).toEqual({ ...defaultConfiguration(settings), tokens: new Map(), slack: undefined });
  });

  test.each([
    ['agent', 10, false],
    ['person', undefined, true],
    ['program', undefined, true],
  ])('asks of an unspecified %s to confirm above %s, itself: %s', (kind, confirmAbove, selfConfirm) => {
    const { rights } = read({ cli: { kind, may: mayAll } }).cli;
    expect(rights).toMatchObject({ confirmAbove, selfConfirm, maxJobs: 5_000, deny: [] });
    expect(rights.allow).toBeUndefined();
  });

  test('takes for an agent what CALLOFF_CONFIRM_ABOVE says', () => {
    const stricter = { settings: readSettings({ CALLOFF_CONFIRM_ABOVE: '3' }) };
    expect(read({ stdio: { may: mayAll } }, stricter).stdio).toMatchObject({
      kind: 'agent',
      rights: { confirmAbove: 3 },
    });
    expect(read({}, stricter).stdio.rights.confirmAbove).toBe(3);
  });

  test.each(Object.entries(shownConfigurations))('that people are shown, %s, is one', (_which, example) => {
    expect(faultsIn(example)).toEqual([]);
    const shown = Object.keys(JSON.parse(example).callers);
    expect(shown).toContain('ada');
    expect([...readConfiguration(example, terms).callers.keys()]).toEqual(shown);
    const fromWindows = `\ufeff${example.replaceAll('\n', '\r\n')}`;
    expect([...readConfiguration(fromWindows, terms).callers.keys()]).toEqual(shown);
  });
});

describe('the webhook of a configuration', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const url = 'https://hooks.example/calloff?sig=1';
  const webhookSecret = webhookSecretBeside('calloff.json', {
    HOOK: ` ${secret}\n`,
    TWO: `${secret} ${secret}`,
    SHORT: `whsec_${canaryKey}`,
  });

  test.each([
    ['HOOK', 1],
    ['TWO', 2],
  ])('has its keys from the variable %s', (secret_env, count) => {
    const { webhook } = read({ webhook: { url, secret_env } }, { webhookSecret });
    expect(webhook?.url).toBe(url);
    expect(webhook?.keys.map((key) => key.export())).toEqual(Array(count).fill(Buffer.alloc(32, 7)));
    expect(everythingShown(webhook)).not.toContain(secret.slice(6));
  });

  test('has no keys in Lambda, where they are in a secret, and for an edit', () => {
    expect(read({ webhook: { url } }, { webhookSecret: webhookSecretInSecrets }).webhook).toEqual({
      url,
      keys: [],
    });
    expect(read({ webhook: { url, secret_env: 'UNSET' } }).webhook).toEqual({ url, keys: [] });
  });

  test.each([
    [
      { url },
      'webhook must have one of secret_env and secret_file, because calloff signs what it sends (in Lambda give neither: there the secret webhook holds it)',
    ],
    [
      { url, secret_env: 'HOOK', secret_file: 'x' },
      'webhook must have one of secret_env and secret_file, because calloff signs what it sends (in Lambda give neither: there the secret webhook holds it)',
    ],
    [{ url, secret_env: 'UNSET' }, 'webhook.secret_env names a variable that is empty or not set'],
    [
      { url, secret_env: 'SHORT' },
      'webhook.secret_env names a variable whose content must be whsec_ and 24 to 64 bytes in base64, such as whsec_$(openssl rand -base64 32) makes, or two of these with a space between',
    ],
    [{ url, secret_file: 'absent' }, 'webhook.secret_file names a file that cannot be read (ENOENT)'],
    [
      { url: 'http://hooks.example/', secret_env: 'HOOK' },
      'webhook.url must begin with https:// (http:// only on 127.0.0.1, localhost or [::1])',
    ],
    [
      { url: 'https://a:b@hooks.example/', secret_env: 'HOOK' },
      'webhook.url must not contain a user name or password',
    ],
    [{ url: 'https://hooks.example/#x', secret_env: 'HOOK' }, 'webhook.url must not contain a fragment'],
    [{ url: 'hooks', secret_env: 'HOOK' }, 'webhook.url must be a URL, such as https://api.example.com/v1'],
    [{ secret_env: 'HOOK' }, 'webhook.url is missing'],
    [{ url, secret: canaryKey, secret_env: 'HOOK' }, 'webhook.secret is not a known key'],
  ])('is refused as %j', (webhook, fault) => {
    expect(faultsOf({ webhook }, { webhookSecret })).toEqual([fault]);
  });

  test('may name no secret in Lambda', () => {
    expect(
      faultsOf({ webhook: { url, secret_env: 'HOOK' } }, { webhookSecret: webhookSecretInSecrets }),
    ).toEqual(['webhook.secret_env is not allowed in Lambda, where the secret webhook holds it']);
  });
});

describe('without a configuration', () => {
  test('an agent on stdio may list and cancel, the command line everything', () => {
    const { stdio, cli, tokens, connections } = defaultConfiguration(
      readSettings({ CALLOFF_CONFIRM_ABOVE: '7' }),
    );
    expect(stdio).toMatchObject({
      kind: 'agent',
      rights: { connections: ['*'], actions: ['list', 'cancel'], confirmAbove: 7, selfConfirm: false },
    });
    expect(cli).toMatchObject({
      kind: 'person',
      rights: { actions: ['list', 'cancel', 'confirm', 'audit'] },
    });
    expect(cli.rights.confirmAbove).toBeUndefined();
    expect(tokens).toBe('one');
    expect(connections.map(({ name }) => name)).toEqual(defaultConnections);
  });
});

describe('what is wrong with a configuration', () => {
  test('is a connection at a provider whose customers each have a host of their own, without its base URL', () => {
    const db = { provider: 'databricks', api_key_env: 'KEY' };
    expect(faultsOf({ connections: { db, ionq: { provider: 'ionq' } } })).toEqual([
      'connections.db.base_url is missing: each customer of Databricks has a host of their own. Set it, or DATABRICKS_HOST, to the one that the key is for',
    ]);
    const at = { ...db, base_url: 'https://acme.cloud.databricks.com' };
    expect(faultsOf({ connections: { db: at } })).toEqual([]);
  });

  test('is a misspelt provider, with the one that is meant, and nothing else is shown', () => {
    const faultOf = (provider: unknown) => faultsOf({ connections: { mine: { provider } } });
    expect(faultOf('opnai-batch')).toEqual([
      'connections.mine.provider has opnai-batch, which is not a provider: write openai-batch if you mean that',
    ]);
    expect(faultOf('IonQ')).toEqual([
      'connections.mine.provider has IonQ, which is not a provider: write ionq if you mean that',
    ]);
    for (const other of [canaryKey, 'ionq\u0007', 1])
      expect(faultOf(other)).toEqual([`connections.mine.provider must be one of ${providerIds.join(', ')}`]);
  });

  test('is all named at once, each fault with its path', () => {
    const { entry } = newToken();
    const unset: ReadingTerms['key'] = () => invalid('', 'names a variable that is not set');
    const document = {
      unknown: 1,
      connections: {
        ionq: { provider: 'ionq', api_key_env: 'UNSET', apikey: canaryKey },
        token: { provider: 'ionq' },
        Upper: { provider: 'ionq' },
        sutro: { provider: 'nowhere', base_url: 'http://example.com' },
      },
      callers: {
        ada: {
          kind: 'human',
          tokens: [entry, entry, { id: 'short', hmac: 'x', expires_at: 'soon' }],
          may: {
            connections: ['nowhere'],
            actions: ['stop'],
            max_jobs: 0,
            jobs: { deny: [{}, { nmae: 'x' }] },
          },
        },
        bob: { kind: 'person' },
        'a b': { kind: 'person', may: mayAll },
      },
      protected_jobs: [{ name: '' }, { name: 'two  spaces' }, { id: 'a b' }, { connection: 'promptloop*' }],
      slack: { team_id: 't1', channels: [] },
    };
    expect(faultsOf(document, { key: unset })).toEqual([
      'connections.ionq.api_key_env names a variable that is not set',
      'connections.ionq.apikey is not a known key',
      'connections.token must not be one of the reserved names token, slack, config, pepper, webhook',
      'connections.Upper must be a name of up to 40 small letters, digits or - that begins with a letter',
      `connections.sutro.provider must be one of ${providerIds.join(', ')}`,
      'connections.sutro.base_url must begin with https:// (http:// only on 127.0.0.1, localhost or [::1])',
      'callers.ada.kind must be one of person, program, agent',
      'callers.ada.tokens[1].id is also the id of another token',
      'callers.ada.tokens[2].id must be the 8 letters and digits of a token after calloff_',
      'callers.ada.tokens[2].hmac must be 64 hexadecimal digits',
      'callers.ada.tokens[2].expires_at must be a time such as 2027-01-01T00:00:00Z',
      'callers.ada.may.connections[0] does not match any connection',
      'callers.ada.may.actions[0] must be one of list, cancel, confirm, audit',
      'callers.ada.may.max_jobs must be a whole number from 1 to 100000',
      'callers.ada.may.jobs.deny[0] must have a connection, an id, a name, an owner, a target or a label',
      'callers.ada.may.jobs.deny[1].nmae is not a known key',
      'callers.ada.may.jobs.deny[1] must have a connection, an id, a name, an owner, a target or a label',
      'callers.bob.may is missing',
      'callers.a b must be a name of up to 64 letters, digits or any of . _ @ -',
      'protected_jobs[0].name must be a name, or part of one with *, with single spaces only',
      'protected_jobs[1].name must be a name, or part of one with *, with single spaces only',
      'protected_jobs[2].id must be an id, or part of one with *',
      'protected_jobs[3].connection does not match any connection',
      'slack.team_id must be the id of a workspace in Slack, such as T012ABCDEF',
      'slack.app_id must be the id of an app in Slack, such as A012ABCDEF',
      'slack.channels must name a channel',
      'unknown is not a known key',
    ]);
  });

  const cases: readonly (readonly [string, unknown, string])[] = [
    ['no rights', { cli: {} }, 'cli.may is missing'],
    ['rights without actions', { cli: { may: { connections: ['*'] } } }, 'cli.may.actions is missing'],
    [
      'a label without a value',
      { protected_jobs: [{ label: 'production' }] },
      'protected_jobs[0].label must be a key and a value with = between them, such as team=ml',
    ],
    [
      'an owner that is longer than what is compared',
      { protected_jobs: [{ owner: 'a'.repeat(201) }] },
      'protected_jobs[0].owner must have at most 200 characters; calloff does not compare longer ones',
    ],
    ['no connections at all', { connections: {} }, 'connections must name a connection, or be left out'],
    [
      'no connection to act at',
      adaWho({ connections: [] }),
      'callers.ada.may.connections must name a connection, or *',
    ],
    ['an empty pattern', adaWho({ connections: [''] }), 'callers.ada.may.connections[0] must not be empty'],
    [
      'an allow list that allows nothing',
      adaWho({ jobs: { allow: [] } }),
      'callers.ada.may.jobs.allow must have a rule, or be left out',
    ],
    [
      'a limit as a text',
      adaWho({ max_jobs: '5' }),
      'callers.ada.may.max_jobs must be a whole number from 1 to 100000',
    ],
    [
      'a limit that is none',
      adaWho({ cancels_per_minute: 0 }),
      'callers.ada.may.cancels_per_minute must be a whole number from 1 to 100000',
    ],
    [
      'a connection of the environment that the file replaces',
      { connections: { sutro: { provider: 'sutro' } }, ...adaWho({ connections: ['ionq'] }) },
      'callers.ada.may.connections[0] does not match any connection',
    ],
    [
      'a cancel method where it means nothing',
      { connections: { ionq: { provider: 'ionq', cancel_method: 'POST' } } },
      'connections.ionq.cancel_method applies to the provider sutro only',
    ],
    [
      'two places for one key',
      { connections: { ionq: { provider: 'ionq', api_key: 'k', api_key_env: 'K' } } },
      'connections.ionq must have at most one of api_key, api_key_env and api_key_file',
    ],
    [
      'a value as the name of a variable',
      { connections: { ionq: { provider: 'ionq', api_key_env: `${canaryKey} x` } } },
      'connections.ionq.api_key_env must be the name of a variable',
    ],
    [
      'an id that the provider writes otherwise',
      { protected_jobs: [{ id: '617A1F8B-59d4-435d-aa33-695433d7155e', connection: 'ionq' }] },
      'protected_jobs[0].id must be written as 617a1f8b-59d4-435d-aa33-695433d7155e, the form that these connections use',
    ],
    [
      'the same for all connections',
      { protected_jobs: [{ id: '617A1F8B-59d4-435d-aa33-695433d7155e' }] },
      'protected_jobs[0].id must be written as 617a1f8b-59d4-435d-aa33-695433d7155e, the form that these connections use',
    ],
    [
      'an id that no job there can have',
      { protected_jobs: [{ id: 'job-1', connection: 'ionq' }] },
      'protected_jobs[0].id is not a possible job id at these connections',
    ],
    [
      'a part of an id that the provider writes otherwise',
      { protected_jobs: [{ id: '617A1F8B-*', connection: 'ionq' }] },
      'protected_jobs[0].id must be written as 617a1f8b-*, the form that these connections use',
    ],
    [
      'a part of an id that no job there can have',
      { protected_jobs: [{ id: 'job-*', connection: 'ionq' }] },
      'protected_jobs[0].id is not a possible job id at these connections',
    ],
    [
      'more of an id than there can be',
      { protected_jobs: [{ id: '617a1f8b-59d4-435d-aa33-695433d7155e0*', connection: 'ionq' }] },
      'protected_jobs[0].id is not a possible job id at these connections',
    ],
    [
      'a Slack user without the section that pins the workspace',
      adaWho({}, { slack: [{ team_id: 'T012ABC', user_id: 'U012ABC' }] }),
      'callers.ada.slack[0].team_id must be the team_id of the section slack, because calloff takes requests only from there',
    ],
    [
      'one Slack user for two callers',
      {
        slack,
        callers: {
          ada: { kind: 'person', may: mayAll, slack: [{ team_id: 'T012ABC', user_id: 'U012ABC' }] },
          bob: {
            kind: 'person',
            may: mayAll,
            slack: [{ team_id: 'T012ABC', user_id: 'U012ABC', enterprise_id: 'E012ABC' }],
          },
        },
      },
      'callers.bob.slack[0] is also the person of another caller',
    ],
    ['a list', [], 'the configuration must be an object'],
    ['nothing', null, 'the configuration must be an object'],
    ['callers as a list', { callers: [] }, 'callers must be an object'],
    [
      'a flag as a text',
      adaWho({ self_confirm: 'no' }),
      'callers.ada.may.self_confirm must be true or false',
    ],
    [
      'a day that there is not',
      adaWho({}, { tokens: [{ ...newToken().entry, expires_at: '2027-02-30T00:00:00Z' }] }),
      'callers.ada.tokens[0].expires_at must be a time such as 2027-01-01T00:00:00Z',
    ],
  ];
  test.each(cases)('may be %s', (_what, document, fault) => {
    expect(faultsOf(document)).toEqual([fault]);
  });

  test('is no part of an id that one of several providers can have', () => {
    for (const rule of [{ id: 'BEEF-*' }, { id: 'job-*' }, { id: '617a1f8b-*', connection: 'ionq' }])
      expect(faultsOf({ protected_jobs: [rule] })).toEqual([]);
  });

  test('may be two callers of one name, or one that parsers would skip', () => {
    const bob = JSON.stringify({ kind: 'person', may: mayAll });
    expect(faultsIn(`{"callers": {"bob": ${bob}, "b\\u006fb": ${bob}}}`)).toEqual([
      'callers.bob occurs twice, or is not allowed as a name',
    ]);
    expect(faultsIn(`{"callers": {"__proto__": ${bob}}}`)).toEqual([
      'callers.__proto__ occurs twice, or is not allowed as a name',
    ]);
  });

  test.each(['', '{', `{"api_key": ${canaryKey}}`, `{"api_key": "${canaryKey}`, 'null x'])(
    'may be that it is no JSON: %j, of which nothing is shown',
    (text) => {
      expect(faultsIn(text)).toEqual([
        expect.stringMatching(/^the configuration must be JSON( \(line \d+ column \d+\))?$/),
      ]);
    },
  );

  test('may be a key in Lambda, where it has a place of its own', () => {
    for (const field of ['api_key', 'api_key_env', 'api_key_file'])
      expect(
        faultsOf({ connections: { ionq: { provider: 'ionq', [field]: 'KEY' } } }, { key: keysInSecrets }),
      ).toEqual([
        `connections.ionq.${field} is not allowed in Lambda, where the key is in the secret of the connection`,
      ]);
  });

  test('is said, and never thrown otherwise, of any JSON; and shows no value', () => {
    const keys = fc.constantFrom(
      'connections',
      'callers',
      'ada',
      'may',
      'jobs',
      'tokens',
      'id',
      'slack',
      'api_key',
    );
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(canaryKey, null, 1, true),
        fc.dictionary(keys, tie('document')),
        fc.array(tie('document'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(document, (each) => faultsOf(each).length >= 0),
      { numRuns: runs(2_000, 100) },
    );
  });
});
