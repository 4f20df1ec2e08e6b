import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../functions/http/server.ts';
import { actionIds, stopValue, ticketValue } from '../../functions/slack/inbound/actions.ts';
import { httpFaults } from '../../functions/slack/wording/faults.ts';
import { frontSentences } from '../../functions/slack/wording/front-sentences.ts';
import { type PretendSlack, startPretendSlack } from '../../sandbox/pretend-slack.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { mayAll, mayaOnSlack } from '../support/configuration.ts';
import { connectionsTo, settingsFor } from '../support/harness.ts';
import { openSlackHarness, signingSecret } from '../support/slack/harness.ts';
import { shownIn } from '../support/slack/read-back.ts';
import { commandPost, formBytes, pressPost, published, signatureOf } from '../support/slack/requests.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { runs } from '../support/thorough.ts';

const now = () => Math.floor(Date.now() / 1_000);
const paths = ['/slack/commands', '/slack/interactions'] as const;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

describe('the embedded server', () => {
  const previous = 'the-secret-before-this-one';
  const logged: LogEntry[] = [];
  let pretend: PretendSlack;
  let server: RunningServer;
  beforeAll(async () => {
    pretend = await startPretendSlack();
    const slack = { signingSecrets: [signingSecret, previous], responseOrigin: pretend.origin };
    server = await serverFor({ ...settingsFor(connectionsTo(sandbox)), slack }, (entry) =>
      logged.push(entry),
    );
  });
  afterAll(async () => {
    await server.stop();
    await pretend.close();
  });

  interface Sent {
    readonly body: Uint8Array | string;
    readonly path?: string;
    readonly timestamp?: string | number;
    readonly secret?: string;
    readonly signature?: string | undefined;
  }

  async function send({
    body,
    path = '/slack/commands',
    timestamp = now(),
    secret = signingSecret,
    ...more
  }: Sent) {
    const signature = 'signature' in more ? more.signature : signatureOf(body, secret, timestamp);
    const headers = {
      'x-slack-request-timestamp': String(timestamp),
      ...(signature === undefined ? {} : { 'x-slack-signature': signature }),
    };
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });
    return { status: response.status, text: await response.text() };
  }
  const unsigned = { status: 401, text: httpFaults.notSigned };
  const help = () => commandPost({ text: 'help', response_url: pretend.newResponseUrl() });

  it.each(published.bodies.list)('takes a published body that is signed now: %.50s', async (body) => {
    const { status } = await send({ body });
    expect([200, 400]).toContain(status);
  });

  it.each(published.signatures)(
    'takes a published signature for stale, and not for forged: $id',
    async (vector) => {
      const { body, timestamp, signature } = vector;
      expect(await send({ body, timestamp, signature })).toEqual(unsigned);
      expect(logged.at(-2)?.event).toMatch(/^slack_request_(stale|malformed)$/);
    },
  );

  it('takes both secrets while they are rotated, and no other', async () => {
    for (const secret of [signingSecret, previous])
      expect((await send({ body: help(), secret })).status).toBe(200);
    expect(await send({ body: help(), secret: 'a-secret-that-is-none' })).toEqual(unsigned);
  });

  it.each([-299, 299])('takes a request that is %d s off', async (skew) => {
    expect((await send({ body: help(), timestamp: now() + skew })).status).toBe(200);
  });

  it.each([-302, 302, -100_000, 100_000])('takes none that is %d s off', async (skew) => {
    expect(await send({ body: help(), timestamp: now() + skew })).toEqual(unsigned);
  });

  it.each<[string, Partial<Sent>]>([
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['a signature of another version', { signature: `v1=${'0'.repeat(64)}` }],
    ['a signature that is too short', { signature: 'v0=00' }],
    ['a forged signature', { signature: `v0=${'0'.repeat(64)}` }],
    ['a timestamp that is none', { timestamp: 'now' }],
    ['a timestamp in milliseconds', { timestamp: Date.now() }],
    ['an empty timestamp', { timestamp: '' }],
  ])('says the same to %s, on every path', async (_name, more) => {
    for (const path of paths) expect(await send({ body: help(), path, ...more })).toEqual(unsigned);
  });

  it('says the same to a body that was changed by a byte', async () => {
    const body = help();
    const timestamp = now();
    const signature = signatureOf(body, signingSecret, timestamp);
    const changed = Uint8Array.from(body, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    expect(await send({ body: changed, timestamp, signature })).toEqual(unsigned);
  });

  it('says the same, and never breaks, whatever comes unsigned', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const header = fc.string({ unit: fc.constantFrom(...'v0=9af'), maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(bytes, header, fc.constantFrom(...paths), async (body, signature, path) => {
        expect(await send({ body, path, signature })).toEqual(unsigned);
      }),
      { numRuns: runs(100, 25) },
    );
  });

  it.each<[string, Uint8Array | string, string]>([
    ['is not UTF-8', Uint8Array.of(0x74, 0x3d, 0xff, 0xfe), 'The post is not a form in UTF-8.'],
    ['is not UTF-8 once it is decoded', 'text=%ff%fe', 'The post is not a form in UTF-8.'],
    ['has a percent sign alone', 'text=%', 'The post is not a form in UTF-8.'],
    ['is empty', '', 'The post lacks a field'],
    ['is JSON', '{"text":"list"}', 'The post lacks a field'],
    [
      'names a field twice',
      Buffer.concat([commandPost(), Buffer.from('&text=help')]),
      'The post names a field twice.',
    ],
    ['names no user', formBytes({ text: 'help', command: '/calloff' }), 'The post lacks a field'],
    ['has a payload that is no JSON', formBytes({ payload: '{' }), 'The post lacks a field'],
  ])('answers 400, and never more, to what is signed but %s', async (_name, body, words) => {
    for (const path of paths) {
      const { status, text } = await send({ body, path });
      expect({ path, status }).toEqual({ path, status: 400 });
      if (path === '/slack/commands') expect(text).toContain(words);
    }
  });

  it('never breaks, whatever is signed', async () => {
    const payload = fc.json().map((text) => formBytes({ payload: text }));
    const fields = fc.dictionary(
      fc.constantFrom('text', 'team_id', 'user_id', 'payload', 'ssl_check'),
      fc.string(),
    );
    const body = fc.oneof(
      fc.uint8Array(),
      payload,
      fields.map(formBytes),
      fc.string().map((text) => commandPost({ text })),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...paths), async (bytes, path) => {
        expect((await send({ body: bytes, path })).status).toBeLessThan(500);
      }),
      { numRuns: runs(100, 25) },
    );
  });

  it.each(['with its length', 'in chunks'])(
    'reads no more than a megabyte, signed or not, sent %s',
    async (how) => {
      const body = commandPost({ text: 'x'.repeat(1_000_001) });
      for (const signature of [signatureOf(body, signingSecret, now()), 'v0=']) {
        const sized = how === 'in chunks' ? {} : { 'content-length': body.length };
        const headers = { 'x-slack-request-timestamp': now(), 'x-slack-signature': signature, ...sized };
        expect(await statusOfRaw('/slack/commands', headers, body)).toBe(413);
      }
    },
  );

  /** Over a connection of its own: what is not read to its end closes it. */
  function statusOfRaw(
    path: string,
    headers: OutgoingHttpHeaders,
    body: Uint8Array,
  ): Promise<number | undefined> {
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { hostname, port, path, headers, method: 'POST', agent: false },
        (response) => {
          resolve(response.statusCode);
          response.resume();
        },
      );
      request.on('error', reject);
      for (let at = 0; at < body.length; at += 100_000) request.write(body.subarray(at, at + 100_000));
      request.end();
    });
  }

  it('answers a probe that is signed, and asks for nothing', async () => {
    for (const path of paths)
      expect(await send({ path, body: 'ssl_check=1&token=x' })).toEqual({ status: 200, text: '' });
  });

  it('answers a press of a foreign button, and does nothing', async () => {
    const actions = [{ action_id: 'somebody_elses', value: 'x' }];
    expect(await send({ path: paths[1], body: pressPost({ actions }) })).toEqual({ status: 200, text: '' });
  });

  it('takes nothing but POST', async () => {
    for (const path of paths) {
      const response = await fetch(`${server.url}${path}`);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('calls a job off from a command to its message, and not again where the request is replayed', async () => {
    const { sutro } = sandbox.providers;
    const job = sutro.addJob({ state: 'running', settlesInMs: 0 });
    const response_url = pretend.newResponseUrl();
    const body = commandPost({ text: `sutro ${job}`, response_url });
    const timestamp = now();
    const [first, replay] = [await send({ body, timestamp }), await send({ body, timestamp })];
    expect(JSON.parse(first.text)).toMatchObject({ response_type: 'ephemeral' });
    expect(shownIn(JSON.parse(first.text))).toEqual(['Calling off 1 job …']);
    expect(replay.status).toBe(200);
    const [told] = await pretend.messagesAt(response_url, 1);
    expect(shownIn(told)[0]).toContain('■ *Cancelled* · sutro');
    const cancels = sutro.journal.filter(
      ({ operation, jobIds }) => operation === 'cancel' && jobIds.includes(job),
    );
    expect(cancels).toHaveLength(1);
  });

  it('has told of what was under way when it has stopped', async () => {
    const { sutro } = sandbox.providers;
    const job = sutro.addJob({ state: 'running', settlesInMs: 60_000 });
    const slack = { signingSecrets: [signingSecret], responseOrigin: pretend.origin };
    const another = await serverFor({ ...settingsFor(connectionsTo(sandbox)), slack });
    const response_url = pretend.newResponseUrl();
    const body = commandPost({ text: `sutro ${job}`, response_url });
    const headers = {
      'x-slack-request-timestamp': String(now()),
      'x-slack-signature': signatureOf(body, signingSecret, now()),
    };
    const { status } = await fetch(`${another.url}/slack/commands`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });
    await another.stop();
    expect(status).toBe(200);
    const [told, ...more] = await pretend.messagesAt(response_url);
    expect(shownIn(told)[0]).toMatch(/\*(Stopping|Not attempted)\* · sutro/);
    expect(more).toEqual([]);
  });

  it('has no such route without a signing secret', async () => {
    const none = await serverFor(settingsFor(connectionsTo(sandbox)));
    for (const path of [...paths, '/slack', '/slack/x']) {
      const response = await fetch(`${none.url}${path}`, { method: 'POST', body: Buffer.from(help()) });
      expect(await response.json()).toMatchObject({ type: 'urn:calloff:problem:no-such-route', status: 404 });
    }
    await none.stop();
  });

  it('logs no address to answer to, and no secret', () => {
    const text = JSON.stringify(logged);
    expect(logged.length).toBeGreaterThan(100);
    expect(text).not.toMatch(/127\.0\.0\.1|hooks\.slack|actions\//);
    for (const secret of [signingSecret, previous]) expect(text).not.toContain(secret);
  });
});

describe('who may come in', () => {
  const open = (configuration?: object, held = true) =>
    openSlackHarness({
      connections: connectionsTo(sandbox),
      held,
      ...(configuration === undefined ? {} : { configuration }),
    });
  const from = {
    member: {},
    stranger: { user_id: 'U999' },
    team: { team_id: 'T999' },
    app: { api_app_id: 'A999' },
    channel: { channel_id: 'C999' },
  };

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['of another workspace', from.team, /is set up for another workspace, not for `T999`/],
    ['through another app', from.app, /is set up for another Slack app, not for `A999`/],
    ['from another channel', from.channel, /add `C999` to `slack.channels`/],
    ['who is unknown here', from.stranger, /add you .*`{"team_id":"T111","user_id":"U999"}`/],
  ])('is no person %s, who is told what to ask for', async (_name, fields, words) => {
    const harness = await open(mayaOnSlack());
    const { status, answer } = await harness.command('sutro job-1', fields);
    expect(status).toBe(200);
    expect(shownIn(answer).join('\n')).toMatch(words);
    expect(harness.handed).toEqual([]);
    await harness.close();
  });

  it('is told the same by a press, in a message', async () => {
    const harness = await open(mayaOnSlack(), false);
    const value = stopValue({ provider: 'sutro', job_id: 'job-1' });
    const press = await harness.press({ action_id: actionIds.stop, value }, { user: { id: 'U999' } });
    expect([press.status, press.answer]).toEqual([200, '']);
    const [told, ...more] = await press.later();
    expect(shownIn(told).join()).toContain('does not know you yet');
    expect(told).toMatchObject({ replace_original: false, response_type: 'ephemeral' });
    expect(more).toEqual([]);
    await harness.close();
  });

  it('is told no name of a connection at which they may do nothing', async () => {
    const harness = await open(mayaOnSlack({}, { ...mayAll, connections: ['ionq'] }));
    for (const text of [
      'help',
      'promptlop job-1',
      'ionq job-1 promptlop job-2',
      'cancel',
      'sutro job-1 ionqq',
    ]) {
      const told = shownIn((await harness.command(text)).answer).join();
      expect(told, text).not.toMatch(/promptloop|ionworks|`sutro`/);
    }
    expect(shownIn((await harness.command('help')).answer).at(-1)).toBe('Providers: `ionq`.');
    expect(harness.handed).toEqual([]);
    await harness.close();
  });

  it('is no person if a configuration does not mention Slack', async () => {
    const harness = await open({});
    expect(shownIn((await harness.command('list')).answer).join()).toContain('is not set up for Slack yet');
    await harness.close();
  });

  it('is every member without a configuration, for one job at a time', async () => {
    const harness = await open();
    expect(shownIn((await harness.command('sutro job-1', from.stranger)).answer)).toEqual([
      'Calling off 1 job …',
    ]);
    expect(shownIn((await harness.command('sutro job-1 job-1')).answer)).toEqual(['Calling off 1 job …']);
    const several = shownIn((await harness.command('sutro job-1 job-2')).answer).join('\n');
    expect(several).toContain('You may call off at most 1 job at a time, and you named 2.');
    expect(harness.handed.map(({ kind }) => kind)).toEqual(['cancel', 'cancel']);
    await harness.close();
  });

  it('is, without a configuration, no person who came along with a shared channel', async () => {
    const harness = await open(undefined, false);
    const press = await harness.press(
      { action_id: actionIds.stop, value: stopValue({ provider: 'sutro', job_id: 'job-1' }) },
      { user: { id: 'U9', team_id: 'T999' } },
    );
    expect(shownIn((await press.later())[0]).join()).toContain('You belong to another workspace');
    await harness.close();
  });

  it('is whom the configuration says, wherever a shared channel has them from', async () => {
    const harness = await open(mayaOnSlack(), false);
    const press = await harness.press(
      { action_id: actionIds.stop, value: stopValue({ provider: 'sutro', job_id: 'job-1' }) },
      { user: { id: 'W111', team_id: 'T999' } },
    );
    expect(shownIn((await press.later())[0]).join()).toContain('*Not found*');
    await harness.close();
  });
});

describe('what is answered at once', () => {
  it.each([
    ['help', /What calloff can do here/],
    ['', /What calloff can do here/],
    ['sutor job-1', /Did you mean `sutro`/],
    ['sutro', /No job id follows/],
  ])('is all there is to say to %j', async (text, words) => {
    const harness = await openSlackHarness({ connections: connectionsTo(sandbox) });
    const { answer, later } = await harness.command(text);
    expect(shownIn(answer).join('\n')).toMatch(words);
    expect(await later()).toEqual([]);
    await harness.close();
  });

  it.each([
    ['sutro a b', ['Checking 2 jobs …']],
    ['list', ['Listing jobs …']],
    ['confirm abcdefghij', ['Looking it up …']],
  ])('is what happens next to %j', async (text, words) => {
    const terms = { connections: connectionsTo(sandbox), configuration: mayaOnSlack(), held: true };
    const harness = await openSlackHarness(terms);
    expect(shownIn((await harness.command(text)).answer)).toEqual(words);
    await harness.close();
  });

  it('is that there is no way back, where the response URL is none of Slack’s', async () => {
    const harness = await openSlackHarness({ connections: connectionsTo(sandbox) });
    const response_url = 'https://example.com/commands/1';
    expect(shownIn((await harness.command('list', { response_url })).answer)).toEqual([
      frontSentences.noWayBack,
    ]);
    const value = ticketValue({ ticket: 't' });
    const press = await harness.press({ action_id: actionIds.confirm, value }, { response_url });
    expect(press.status).toBe(200);
    expect(harness.handed).toEqual([]);
    expect(harness.logged.map(({ event }) => event)).toContain('slack_response_url_foreign');
    await harness.close();
  });
});
