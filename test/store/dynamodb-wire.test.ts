import { createHash, createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { type Origin, type Received, startOrigin } from '../support/network/loopback.ts';
import { stubCredentials } from './drivers.ts';
import { SetClock } from './host.ts';
import { request } from './law.ts';

type Answer = (response: ServerResponse, received: Received | undefined) => void;

let origin: Origin;
let answers: Answer[];
let clock: HurriedClock;
/** A clock on which a pause is over as soon as it begins. */
class HurriedClock extends SetClock {
  readonly pauses: number[] = [];

  override after(ms: number, wake: () => void): () => void {
    this.pauses.push(ms);
    this.forward(ms);
    const immediate = setImmediate(wake);
    return () => clearImmediate(immediate);
  }
}

const region = 'eu-central-1';
const open = () => openDynamoDbStore({ table: 'calloff', region, endpoint: origin.url, clock });
const put = (value = 'x', version = 0) =>
  open().put('key', value, { version, expiresAt: clock.wallTime() + 1_000 });

beforeEach(async () => {
  stubCredentials();
  clock = new HurriedClock();
  answers = [];
  origin = await startOrigin((_request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, origin.received.at(-1));
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await origin.close();
});

const done: Answer = (response) => void response.end('{}');
const lost: Answer = (response) => void response.destroy();
const says =
  (status: number, type: string, more = 'canary-message'): Answer =>
  (response) => {
    response.writeHead(status);
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: more }));
  };
const conditionFailed = says(400, 'ConditionalCheckFailedException');
const text =
  (status: number, body: string): Answer =>
  (response) => {
    response.writeHead(status);
    response.end(body);
  };

const targets = () => origin.received.map(({ headers }) => `${headers['x-amz-target']}`.replace(/.*\./, ''));
const bodyOf = (index: number) => JSON.parse(origin.received[index]?.body ?? '');

/** What a call was refused with. */
async function refusal(work: Promise<unknown>): Promise<StoreUnavailableError> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof StoreUnavailableError) return error;
  throw new Error('it was not refused');
}

describe('a request', () => {
  test('is signed as AWS checks it', async () => {
    answers = [done];
    await put('ü');
    const [received] = origin.received;
    expect(received?.headers['x-amz-security-token']).toBe('canary-session-token');
    expect(received?.headers['x-amz-date']).toBe('20260301T120000Z');
    expect(received && signatureOf(received)).toBe(received?.headers.authorization);
  });

  test('goes to the table of its region, to be read as it is now', async () => {
    answers = [done];
    await open().get('key');
    expect(bodyOf(0)).toEqual({
      TableName: 'calloff',
      Key: { pk: { S: 'value#key' }, sk: { S: '-' } },
      ConsistentRead: true,
    });
    expect(origin.received[0]?.headers.authorization).toContain('/eu-central-1/dynamodb/aws4_request');
  });

  test('is not sent where what it carries is too large', async () => {
    await expect(put('x'.repeat(350_001))).rejects.toThrow('a value of 350001 bytes is over 350000');
    const [record] = request(0, 'r');
    const large = { at: 0, requestId: 'r', part: 'b', body: 'ü'.repeat(175_001) };
    await expect(open().append(record === undefined ? [] : [record, large])).rejects.toThrow(
      'is over 350000',
    );
    expect(origin.received).toEqual([]);
  });

  test('that hangs is given up, and sent again', async () => {
    answers = [() => undefined, done];
    expect(await put()).toBeGreaterThan(0);
    expect(targets()).toEqual(['PutItem', 'PutItem']);
  });
});

describe('trouble', () => {
  test.each([
    ['throttling', says(400, 'ProvisionedThroughputExceededException')],
    ['another throttling', says(400, 'ThrottlingException')],
    ['an error of DynamoDB', says(500, 'InternalServerError')],
    ['an answer of something between', text(503, '<html>')],
    ['half an answer', text(200, '{"Item":')],
    ['a connection that breaks', lost],
  ])('%s is waited out', async (_what, trouble) => {
    answers = [trouble, trouble, trouble, done];
    expect(await put()).toBeGreaterThan(0);
    expect(targets()).toHaveLength(4);
  });

  test('is waited out for five seconds, with growing pauses, and then named', async () => {
    answers = [says(400, 'ThrottlingException')];
    const startedAt = clock.now();
    const { reason } = await refusal(put());
    expect(reason).toBe('ThrottlingException');
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(5_000);
    expect(clock.now() - startedAt).toBeLessThan(6_001);
    expect(Math.max(...clock.pauses.slice(0, 3))).toBeLessThanOrEqual(100);
    expect(targets().length).toBeGreaterThan(6);
    expect(targets().length).toBeLessThan(60);
  });

  test('a dead connection costs no pause', async () => {
    answers = [lost, done];
    expect(await put()).toBeGreaterThan(0);
    expect(clock.pauses).toEqual([]);
  });

  test.each([
    ['ResourceNotFoundException', 'there is no such table in this region'],
    ['AccessDeniedException', 'the role of this function may not use it'],
    ['ValidationException', 'the answer was ValidationException'],
  ])('%s is said at once, without the words of AWS', async (type, words) => {
    answers = [says(400, type)];
    const { message } = await refusal(put());
    expect(message).toBe(`calloff cannot use the DynamoDB table calloff: ${words}.`);
    expect(targets()).toHaveLength(1);
  });

  test('nothing is sent without credentials', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    const { message } = await refusal(put());
    expect(message).toContain('there are no AWS credentials in the environment');
    expect(origin.received).toEqual([]);
    expect(clock.pauses).toEqual([]);
  });
});

describe('a put whose answer was lost', () => {
  const holds =
    (revision: unknown): Answer =>
    (response) => {
      const Item = {
        content: { S: 'x' },
        revision: { N: `${revision}` },
        live_until: { N: '9999999999999' },
      };
      response.end(JSON.stringify({ Item }));
    };
  const revisionSent = () => bodyOf(0).Item.revision.N;

  test('has won where its own value is there', async () => {
    answers = [lost, conditionFailed, (response, received) => holds(revisionSent())(response, received)];
    expect(await put()).toBeGreaterThan(0);
    expect(targets()).toEqual(['PutItem', 'PutItem', 'GetItem']);
  });

  test('has not won where another value is there, alike as it may be', async () => {
    answers = [lost, conditionFailed, (response, received) => holds(revisionSent() - 1)(response, received)];
    expect(await put()).toBe(0);
  });

  test.each([
    ['is answered', []],
    ['was throttled before', [says(400, 'ThrottlingException')]],
  ])('is not thought of where the put %s', async (_how, before) => {
    answers = [...before, conditionFailed];
    expect(await put()).toBe(0);
    expect(targets()).not.toContain('GetItem');
  });
});

/** The `Authorization` header as AWS computes it from what has arrived, written from its own page and not with its code. */
function signatureOf({ method, url, headers, rawHeaders, body }: Received): string {
  const sha256 = (what: string) => createHash('sha256').update(what).digest('hex');
  const hmac = (key: string | Buffer, what: string) => createHmac('sha256', key).update(what).digest();
  const stamp = `${headers['x-amz-date']}`;
  const scope = [stamp.slice(0, 8), region, 'dynamodb', 'aws4_request'];
  const names = rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => /^(host|content-type|x-amz-.*)$/.test(name))
    .sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = [method, url, '', lines, names.join(';'), sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, 'AWS4canary-secret-access-key');
  return `AWS4-HMAC-SHA256 Credential=an-access-key-id/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, toSign).toString('hex')}`;
}
