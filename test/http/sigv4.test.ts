import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkSignature, type SignedRequest } from '../../sandbox/twin/aws-signature.ts';
import { loadSigner } from '../../shared/http/auth/authorizer.ts';
import { readAwsKey } from '../../shared/http/auth/aws-key.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { ProviderClient } from '../../shared/http/provider-client.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { ProviderRequest } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

afterEach(() => vi.unstubAllEnvs());

/** The key of AWS's published test suite for Signature Version 4. */
const suiteKey = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const suiteSecret = (id: string) => (id === suiteKey.accessKeyId ? suiteKey.secretAccessKey : undefined);

/** https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4 */
describe("the check of a signature accepts AWS's own examples", () => {
  const signed = (method: string, target: string, names: string, signature: string): SignedRequest => {
    const credential = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', authorization };
    return { method, target, headers, body: '' };
  };
  const names = 'host;x-amz-date';

  test.each([
    ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    ['get-utf8', 'GET', '/\u1234', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    [
      'get-space',
      'GET',
      '/example space/',
      '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('%s', (_name, method, target, signature) => {
    const request = signed(method, target, names, signature);
    expect(checkSignature(request, suiteSecret)).toEqual({
      ...{ accessKeyId: 'AKIDEXAMPLE', region: 'us-east-1', service: 'service' },
    });
    expect(checkSignature({ ...request, target: '/other' }, suiteSecret)).toBeUndefined();
    expect(checkSignature(request, () => 'another secret')).toBeUndefined();
  });
});

const auth = { kind: 'sigv4', service: 'batch', region: 'eu-central-1' } as const;
beforeAll(() => loadSigner(auth));

/** A client of AWS Batch, and the requests that left. */
function clientWith(
  apiKey: string,
  answers: readonly { readonly status: number; readonly retryAfter?: string }[] = [],
) {
  const clock = new ManualClock(Date.parse('2026-11-28T12:00:00Z'));
  const left: SignedRequest[] = [];
  const script = [...answers];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url, headers, ...request } = new Request(input, init);
    const { host, pathname, search } = new URL(url);
    const body = typeof init?.body === 'string' ? init.body : '';
    left.push({ method, target: pathname + search, headers: { ...Object.fromEntries(headers), host }, body });
    expect(Object.keys(request)).toEqual([]);
    const { status, retryAfter } = script.shift() ?? { status: 200, retryAfter: undefined };
    return Response.json({}, { status, ...(retryAfter && { headers: { 'retry-after': retryAfter } }) });
  };
  const credential = { apiKey, baseUrl: 'https://batch.eu-central-1.amazonaws.com' };
  const client = new ProviderClient<'status'>({
    ...{ provider: 'aws-batch', limits: [], fetch, clock, accounts: new Accounts(clock) },
    auth,
    credentials: { current: async () => credential, renew: async () => undefined },
  });
  const ask = async (request: ProviderRequest = describeJobs) => {
    const terms = {
      sendBy: 20_000,
      answerBy: 20_000,
      failureLimit: new FailureLimit(),
      turn: newTurn('read'),
    };
    const answer = await clock.until(client.ask('status', () => request, terms));
    expect(everythingShown(answer)).not.toContain(canaryKey);
    return answer;
  };
  return { ask, left };
}

const describeJobs: ProviderRequest = {
  method: 'POST',
  path: path`/v1/describejobs`,
  body: { jobs: ['übrig:1'] },
  headers: { 'content-type': 'application/x-amz-json-1.1' },
};
const key = { accessKeyId: 'AKIDOURS', secretAccessKey: canaryKey };
const secretOf = (id: string) => (id === key.accessKeyId ? canaryKey : undefined);
const signer = { accessKeyId: 'AKIDOURS', region: 'eu-central-1', service: 'batch' };

describe('a request that is signed', () => {
  test.each<[string, ProviderRequest]>([
    ['a body', describeJobs],
    ['no body', { method: 'GET', path: path`/v1/jobs` }],
    ['an ARN in its path', { method: 'DELETE', path: path`/v1/${'arn:aws:batch:eu:1:job/a b'}` }],
    [
      'a query',
      {
        method: 'GET',
        path: path`/v1/jobs`,
        query: [
          ['b', 'x y+z/~*'],
          ['a', '&=?'],
          ['a', 'ä'],
          ['B', ''],
        ],
      },
    ],
  ])('with %s has the signature that AWS works out', async (_what, request) => {
    const { ask, left } = clientWith(JSON.stringify(key));
    await ask(request);
    expect(left.map((each) => checkSignature(each, secretOf))).toEqual([signer]);
  });

  test('covers its body, its path and its headers, and never shows the secret', async () => {
    const { ask, left } = clientWith(JSON.stringify({ ...key, sessionToken: 'session-1' }));
    await ask();
    const [request] = left;
    if (request === undefined) throw new Error('nothing was sent');
    expect(Object.keys(request.headers).toSorted()).toEqual([
      ...['accept', 'authorization', 'content-type', 'host', 'user-agent'],
      ...['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'],
    ]);
    const { headers } = request;
    for (const name of ['content-type', 'host', 'x-amz-security-token'])
      expect(
        checkSignature({ ...request, headers: { ...headers, [name]: 'other' } }, secretOf),
      ).toBeUndefined();
    expect(checkSignature({ ...request, body: '{}' }, secretOf)).toBeUndefined();
    expect(JSON.stringify(left)).not.toContain(canaryKey);
  });

  test('is signed when it leaves, and again when it leaves again', async () => {
    const { ask, left } = clientWith(JSON.stringify(key), [{ status: 429, retryAfter: '10' }]);
    await ask();
    expect(left.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20261128T120000Z',
      '20261128T120010Z',
    ]);
    expect(left.map((each) => checkSignature(each, secretOf))).toEqual([signer, signer]);
  });
});

describe('the word role', () => {
  test('signs with the key that is in the environment at that time', async () => {
    const { ask, left } = clientWith('role');
    for (const session of ['first', 'second']) {
      vi.stubEnv('AWS_ACCESS_KEY_ID', key.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', canaryKey);
      vi.stubEnv('AWS_SESSION_TOKEN', session);
      await ask();
    }
    expect(left.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['first', 'second']);
    expect(left.map((each) => checkSignature(each, secretOf))).toEqual([signer, signer]);
  });

  test('sends nothing if there is none', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    const { ask, left } = clientWith('role');
    expect(await ask()).toEqual({ kind: 'unsent', code: 'provider_not_configured' });
    expect(left).toEqual([]);
  });
});

describe('an access key', () => {
  test.each([
    ['the names of the SDKs', key],
    [
      'the names of STS',
      { AccessKeyId: 'AKIDOURS', SecretAccessKey: canaryKey, SessionToken: null, Expiration: 'x' },
    ],
    ['the names of the environment', { AWS_ACCESS_KEY_ID: 'AKIDOURS', AWS_SECRET_ACCESS_KEY: canaryKey }],
    [
      'the names of the credentials file',
      { aws_access_key_id: 'AKIDOURS', aws_secret_access_key: canaryKey },
    ],
  ])('may have %s', (_what, stated) => {
    expect(readAwsKey(JSON.stringify(stated))).toEqual(key);
  });

  test.each([
    ...['', 'AKIDOURS', '{', '[]', 'null', '{"accessKeyId":"AKIDOURS"}', 'roles'],
    JSON.stringify({ ...key, accessKeyId: 'A\r\nB' }),
    JSON.stringify({ ...key, sessionToken: 'a\nb' }),
  ])('%j is none, and nothing is sent', async (text) => {
    const { ask, left } = clientWith(text);
    expect(await ask()).toEqual({ kind: 'unsent', code: 'provider_not_configured' });
    expect(left).toEqual([]);
  });
});
