import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { largestForm } from '../../functions/slack/inbound/form.ts';
import { httpFaults } from '../../functions/slack/wording/faults.ts';
import { frontSentences } from '../../functions/slack/wording/front-sentences.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { commandPost, formBytes, published, signatureOf } from '../support/slack/requests.ts';
import { casesAt, inSoak, runs } from '../support/thorough.ts';
import { bytesAtStart, schemasAtStart, textOf } from './built.ts';
import type { Lambda } from './lambda.ts';
import { type Post, signingSecret, useSlackLambdas, wires } from './slack-lambda-harness.ts';

const harness = useSlackLambdas();
const now = () => Math.floor(Date.now() / 1_000);
const paths = ['/slack/commands', '/slack/interactions'] as const;
const list = () => commandPost({ response_url: harness.slack.newResponseUrl() });
const waiting = () => harness.sqs.receive();

/** What was refused, and what the queue then holds. */
async function refused(post: Post) {
  const { status, text } = await harness.post(post);
  return { status, text, waiting: await waiting() };
}
/** A sentence as it stands in JSON. */
const quoted = (sentence: string) => JSON.stringify(sentence).slice(1, -1);
const unsigned = { status: 401, text: httpFaults.notSigned, waiting: [] };

describe.each(casesAt(wires, 0, 3))('through $name', (wire) => {
  test('a signed command is answered at once, and its work is in the queue', async () => {
    const { status, text, tookMs } = await harness.post({ body: list(), wire });
    expect([status, JSON.parse(text)]).toMatchObject([200, { response_type: 'ephemeral' }]);
    expect(text).toContain(frontSentences.lookingForJobs);
    expect(tookMs).toBeLessThan(500);
    expect(await waiting()).toMatchObject([{ Body: expect.stringContaining('"kind":"list"') }]);
  });

  test('a body is hashed by its own bytes, whatever stands in it', async () => {
    const text = 'help ü “smart” 🛑 a+b%20c';
    const body = `${Buffer.from(commandPost({ text }))}&x=ü🛑`;
    expect((await harness.post({ body, wire })).status).toBe(200);
  });

  test.each(paths)(
    'what Slack did not sign just now is refused at %s, and nothing is sent on',
    async (path) => {
      const posts: Partial<Post>[] = [
        { signature: '' },
        { signature: `v0=${'0'.repeat(64)}` },
        { signature: `v1=${'0'.repeat(64)}` },
        { secret: 'canary-another-secret-that-is-none' },
        { timestamp: now() - 302 },
        { timestamp: now() + 302 },
        { timestamp: Date.now() },
        { timestamp: '' },
      ];
      for (const post of posts)
        expect((await harness.post({ body: list(), path, wire, ...post })).status).toBe(401);
      expect(await waiting()).toEqual([]);
    },
  );

  test('one byte more, less or another is another body', async () => {
    const body = Buffer.from(list());
    const timestamp = now();
    const signature = signatureOf(body, signingSecret, timestamp);
    const others = [`${body}&`, body.subarray(1), body.toString().replace('list', 'help'), `${body}\n`, ''];
    for (const other of others)
      expect(await refused({ body: other, timestamp, signature, wire })).toEqual(unsigned);
  });

  test('a signature is of one way to split time and body', async () => {
    const body = `1${Buffer.from(list())}`;
    const timestamp = `${now()}`;
    const signature = signatureOf(body, signingSecret, timestamp);
    const split = { body: body.slice(1), timestamp: `${timestamp}1`, signature, wire };
    expect(await refused(split)).toEqual(unsigned);
    expect(
      await refused({ ...split, body: `${timestamp.at(-1)}:${body}`, timestamp: timestamp.slice(0, -1) }),
    ).toEqual(unsigned);
  });

  test('what is signed and no form of Slack is refused as that', async () => {
    for (const body of ['%zz', 'a=1&a=2', 'text=help', '{}', 'payload=%7B', '\u0000'])
      for (const path of paths) expect((await harness.post({ body, path, wire })).status).toBe(400);
    expect(await waiting()).toEqual([]);
  });

  test('a signed body over the limit is refused, and one of that size is read', async () => {
    const over = formBytes({ text: 'x'.repeat(largestForm) });
    expect((await refused({ body: over, wire })).status).toBe(413);
    const fields = { text: 'help', response_url: harness.slack.newResponseUrl() };
    const room = largestForm - commandPost({ ...fields, more: '' }).byteLength;
    const body = commandPost({ ...fields, more: 'x'.repeat(room) });
    expect((await harness.post({ body, wire })).status).toBe(200);
  });

  test.each(published.bodies.list)('a published body that is signed now is taken: %.40s', async (body) => {
    expect([200, 400]).toContain((await harness.post({ body, wire })).status);
  });
});

test.each(wires)(
  'bytes that are no UTF-8 are no form through $name, or no longer what was signed',
  async (wire) => {
    const body = Uint8Array.from([...commandPost(), 0xff, 0xfe]);
    const { status } = await harness.post({ body, wire });
    expect(status).toBe(wire.base64 ? 400 : 401);
    expect(await waiting()).toEqual([]);
  },
);

test.each(wires)(
  'an event without headers, or with one that is no text, is unsigned through $name',
  async (wire) => {
    const event = wire.makeEvent({
      method: 'POST',
      path: '/slack/commands',
      body: list(),
      base64: wire.base64,
    });
    const half = { 'x-slack-signature': '\ud800' };
    for (const headers of [null, half])
      expect((await harness.front.invoke({ ...event, headers, multiValueHeaders: null })).status).toBe(401);
  },
);

test('whatever comes is answered below 500, and nothing of it is sent on', async () => {
  const header = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.string({ unit: fc.constantFrom(...'v0=9af'), maxLength: 80 }),
  );
  const posts = fc.record({
    ...{ body: fc.uint8Array({ maxLength: 200 }), path: fc.constantFrom(...paths) },
    ...{ wire: fc.constantFrom(...wires), signature: fc.option(header, { nil: undefined }) },
  });
  await fc.assert(
    fc.asyncProperty(posts, async ({ signature, ...post }) => {
      const { status } = await harness.post({ ...post, ...(signature === undefined ? {} : { signature }) });
      expect(signature === undefined ? [400, 401] : [401]).toContain(status);
    }),
    { numRuns: runs(100, 40) },
  );
  expect(await waiting()).toEqual([]);
});

test('a replay is sent on as the same work, for the worker to know it by', async () => {
  const post = { body: list(), timestamp: now() };
  await harness.post(post);
  await harness.post(post);
  const ids = (await waiting()).map(({ Body = '' }) => JSON.parse(Body).id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

describe('another function', () => {
  let lambda: Lambda | undefined;
  afterEach(async () => {
    lambda?.stop();
    await lambda?.ended;
  });
  const start = (more: Readonly<Record<string, string>>) => {
    lambda = harness.start('slack', more);
    return lambda;
  };
  const logged = () => lambda?.logLines().map((line): { event: string } => JSON.parse(line)) ?? [];

  test.each(casesAt(published.signatures, 0))(
    'takes the published signature $id for what it is, in its own time',
    async (vector) => {
      const { body, signature, timestamp } = vector;
      harness.secrets.set('of-then/slack', vector.signing_secret);
      const then = start({ CALLOFF_SECRET_PREFIX: 'of-then/' });
      then.forward(Number(timestamp) * 1_000 - Date.now());
      for (const wire of wires) {
        const { status } = await harness.post({ body, signature, timestamp, wire }, then);
        // One of them is no form: but it is signed.
        expect(status).toBe(body.startsWith('{') ? 400 : 200);
        expect((await harness.post({ body: `${body} `, signature, timestamp, wire }, then)).status).toBe(401);
      }
    },
  );

  test('answers 503 where the signing secret cannot be read now, goes on once it can, and takes the one before while it is rotated', async () => {
    const previous_signing_secret = 'canary-the-one-before-it';
    harness.secrets.set(
      'late/slack',
      JSON.stringify({ signing_secret: signingSecret, previous_signing_secret }),
    );
    harness.secrets.fail('late/slack', { type: 'ThrottlingException', message: 'Rate exceeded' });
    const before = harness.secrets.requests.length;
    const other = start({ CALLOFF_SECRET_PREFIX: 'late/' });
    for (const path of paths) {
      const { status, text } = await harness.post({ body: list(), path }, other);
      expect([status, text]).toEqual([503, httpFaults.unreadable]);
    }
    harness.secrets.fail('late/slack', undefined);
    other.forward(5_000);
    const post = (secret: string) => harness.post({ body: list(), secret, timestamp: now() + 5 }, other);
    for (const secret of [signingSecret, previous_signing_secret])
      expect((await post(secret)).status).toBe(200);
    expect((await post('canary-that-is-none')).status).toBe(401);
    expect(await waiting()).toHaveLength(2);
    // A command that is sent on needs no other secret either.
    expect([...new Set(harness.secrets.requests.slice(before))].toSorted()).toEqual(
      ['config', 'slack'].map((name) => `late/${name}`),
    );
  });

  test('reads the signing secret and the configuration ahead of each other, no other secret, and says that nothing was done where there is no such queue', async () => {
    const other = start({ CALLOFF_QUEUE_URL: `${harness.sqs.queueUrl}-that-is-none` });
    const before = harness.secrets.requests.length;
    const read = () => harness.secrets.requests.slice(before).toSorted();
    // Nothing unsigned needs the configuration: that it was read shows that it did not wait for the signature.
    expect((await harness.post({ body: list(), signature: '' }, other)).status).toBe(401);
    expect(read()).toEqual(['calloff/config', 'calloff/slack']);
    const { status, text } = await harness.post({ body: list() }, other);
    expect([status, text]).toEqual([200, expect.stringContaining(frontSentences.notEnqueued)]);
    expect(logged()).toContainEqual(expect.objectContaining({ event: 'slack_not_enqueued', level: 'WARN' }));
    expect(read()).toEqual(['calloff/config', 'calloff/slack']);
  });

  test('answers 404 where there is no signing secret, and ignores one in its environment', async () => {
    const other = start({ CALLOFF_SECRET_PREFIX: 'none/', SLACK_SIGNING_SECRET: signingSecret });
    for (const path of paths) expect((await harness.post({ body: list(), path }, other)).status).toBe(404);
    expect(await waiting()).toEqual([]);
    expect(logged()).toContainEqual(
      expect.objectContaining({ event: 'signing_secret_in_environment_ignored' }),
    );
  });

  // In npm test, a queue that does not answer stands for it.
  inSoak(() => {
    test('says that it cannot tell where the queue cannot be reached', async () => {
      const other = start({ CALLOFF_QUEUE_URL: 'http://127.0.0.1:9/0/calloff' });
      const { status, text } = await harness.post({ body: list() }, other);
      expect([status, JSON.parse(text).blocks]).toEqual([200, expect.anything()]);
      expect(text).toContain(quoted(frontSentences.perhapsEnqueued));
    });
  });

  test('answers in time where the queue does not answer', async () => {
    const silent = await startOrigin(() => undefined);
    const other = start({ CALLOFF_QUEUE_URL: `${silent.url}/0/calloff` });
    await harness.post({ body: commandPost({ text: 'help' }) }, other);
    const { status, text, tookMs } = await harness.post({ body: list() }, other);
    await silent.close();
    expect([status, text]).toEqual([200, expect.stringContaining(quoted(frontSentences.perhapsEnqueued))]);
    expect(tookMs).toBeLessThan(2_500);
  });

  // That it needs a queue only this function checks. In npm test, the API stands for a value that none can use.
  test.each(
    casesAt(
      [
        ['CALLOFF_QUEUE_URL', '', 'must be the URL of the SQS queue'],
        ['CALLOFF_QUEUE_URL', 'http://sqs.example.com/0/calloff', 'must begin with https'],
      ],
      0,
    ),
  )('does not start where %s is %j', async (name, value, reason) => {
    const other = start({ [name]: value });
    expect(await other.ended).toBe(1);
    await expect.poll(() => other.output()).toContain(`${name} ${reason}`);
  });
});

describe('the bundle', () => {
  let text: string;
  beforeAll(async () => {
    text = await textOf(harness.built.slack);
  });

  test('is below 350 KB with fewer than 230 schemas, and that of the worker below 540 KB with fewer than 500', async () => {
    expect(await bytesAtStart(harness.built.slack)).toBeLessThan(350_000);
    expect(await schemasAtStart(harness.built.slack)).toBeLessThan(230);
    expect(await bytesAtStart(harness.built.worker)).toBeLessThan(540_000);
    expect(await schemasAtStart(harness.built.worker)).toBeLessThan(500);
  });

  test('holds the client of Secrets Manager and no other, sends to SQS itself, and has no table and no pretend provider', () => {
    expect(text).toContain('AmazonSQS');
    expect(text).not.toMatch(/@aws-sdk\/client-(?!secrets-manager)|aws-xray|modelcontextprotocol/);
    expect(text).not.toMatch(/DynamoDB_2012|sandbox|pretend|commander|node:sqlite/i);
  });
});
