import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ibmQuantum as twin } from '../../sandbox/providers/ibm-quantum.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { iamToken } from '../../sandbox/twin/iam-tokens.ts';
import { optionSchema } from '../../shared/adapter/options.ts';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { ibmQuantum } from '../../shared/providers/ibm-quantum.ts';
import { accepted, connectionTo, context, gatewayTo } from '../support/harness.ts';
import { type Answered, asker } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('ibm-quantum', sandbox.providers['ibm-quantum']);
});
beforeEach(() => sandbox.providers['ibm-quantum'].reset());
afterAll(() => sandbox.close());

const provider = () => sandbox.providers['ibm-quantum'];
const { options: place = {} } = twin;
const { instance = '' } = place;
const adapter = adapterFor(ibmQuantum, place);
const grant = 'urn:ibm:params:oauth:grant-type:apikey';

async function mint(apikey: string, grant_type = grant) {
  const body = new URLSearchParams({ grant_type, apikey });
  const answer = await fetch(new URL('/identity/token', provider().baseUrl), { method: 'POST', body });
  const json: unknown = await answer.json();
  return { status: answer.status, json };
}

async function look(headers: Readonly<Record<string, string>>) {
  const { status } = await fetch(`${provider().baseUrl}/jobs`, { headers: { ...twin.headers, ...headers } });
  return status;
}

describe('the IAM of the pretend IBM Quantum', () => {
  test('makes a token from the key, and from no other', async () => {
    expect(await mint(provider().apiKey)).toMatchObject({
      status: 200,
      json: { token_type: 'Bearer', expires_in: 3_600, access_token: expect.any(String) },
    });
    const refused = { status: 400, json: { errorCode: 'BXNIM0415E' } };
    expect(await mint('another')).toMatchObject(refused);
    expect(await mint(provider().apiKey, 'password')).toMatchObject(refused);
  });

  test('stands beside the API: a fault strikes it only if it names it', async () => {
    provider().setFault({ kind: 'status', status: 503 });
    expect(await mint(provider().apiKey)).toMatchObject({ status: 200 });
    provider().setFault({ kind: 'status', status: 503, operations: ['other'] });
    expect(await mint(provider().apiKey)).toMatchObject({ status: 503 });
  });

  test('has its tokens accepted for an hour, and those of another key never', async () => {
    const now = Date.now();
    const bearer = (token: string) => look({ authorization: `Bearer ${token}` });
    expect(await bearer(iamToken(provider().apiKey, now))).toBe(200);
    expect(await bearer(iamToken(provider().apiKey, now - 3_601_000))).toBe(401);
    expect(await bearer(iamToken('another', now))).toBe(401);
    expect(await look({ authorization: `apikey ${provider().apiKey}` })).toBe(401);
  });
});

describe('the pretend IBM Quantum', () => {
  test('wants the instance, and knows one', async () => {
    const authorization = `Bearer ${iamToken(provider().apiKey, Date.now())}`;
    expect(await look({ authorization, 'service-crn': 'crn:v1:another' })).toBe(403);
    expect((await fetch(`${provider().baseUrl}/jobs`, { headers: { authorization } })).status).toBe(400);
  });

  test('answers a cancel with nothing, and that of a job which is over with a conflict', async () => {
    const running = provider().addJob({ state: 'running' });
    const over = provider().addJob({ state: 'completed' });
    const answers = [await ask(`POST /jobs/${running}/cancel`), await ask(`POST /jobs/${over}/cancel`)];
    expect(answers.map(({ status, text }) => [status, text === ''])).toEqual([
      [204, true],
      [409, false],
    ]);
  });

  test('brings the circuits unless they are left out', async () => {
    const id = provider().addJob();
    expect((await ask(`GET /jobs/${id}`)).text.length).toBeGreaterThan(100_000);
    expect((await ask(`GET /jobs/${id}?exclude_params=true`)).text.length).toBeLessThan(2_000);
  });

  test.each(['in_words', 'by_code'] as const)(
    'says of a job that ran too long that it was cancelled, and why %s: it failed',
    async (ranTooLong) => {
      provider().configure({ ranTooLong });
      const id = provider().addJob({ state: 'failed', word: 'Cancelled - Ran too long' });
      const { status, json: body } = await ask(`GET /jobs/${id}`);
      expect(body).toMatchObject({ state: { status: 'Cancelled', reason_code: 1305 } });
      expect(adapter.status.read({ status, body }, id)).toMatchObject({
        kind: 'seen',
        job: { state: 'failed', details: { reason_code: '1305' } },
      });
    },
  );

  test('lists what waits or runs apart from what is over', async () => {
    for (const state of ['queued', 'running', 'cancelled', 'completed', 'failed'] as const)
      provider().addJob({ state });
    for (const [pending, count] of [
      ['true', 2],
      ['false', 3],
    ])
      expect((await ask(`GET /jobs?pending=${pending}`)).json).toMatchObject({ count });
  });
});

describe('a gateway', () => {
  const connections = () => [connectionTo('ibm-quantum', provider())];

  test('cancels with a token that it makes once, and never calls a 204 the end', async () => {
    const gateway = gatewayTo(sandbox, { connections: connections() });
    const ids = provider().addJobs(3, { state: 'running', settlesInMs: 50 });
    const [ended, lied] = ids;
    provider().setFault({ kind: 'says_yes_keeps_running', jobIds: lied === undefined ? [] : [lied] });
    const jobs = ids.map((job_id) => ({ provider: 'ibm-quantum', job_id }));
    const { outcomes } = accepted(await gateway.cancelJobs({ jobs, wait_seconds: 2 }, context));
    const said = new Map(outcomes.map(({ job_id, outcome }) => [job_id, outcome]));
    expect([said.get(ended ?? ''), said.get(lied ?? '')]).toEqual(['cancelled', 'cancelling']);
    expect(provider().journal.filter(({ path }) => path === '/identity/token')).toHaveLength(1);
    expect(provider().journal.every(({ keySeen = '' }) => !keySeen.includes(provider().apiKey))).toBe(true);
  });
});

describe('the options of IBM Quantum', () => {
  const schemaOf = (name: string) => {
    const option = adapter.options?.find((each) => each.name === name);
    if (option === undefined) throw new Error('no such option');
    return optionSchema(option);
  };

  test.each([
    ['https://private.iam.cloud.ibm.com/identity/token', true],
    ['/identity/token', true],
    ['http://iam.cloud.ibm.com/identity/token', false],
    ['//evil.example/token', false],
    ['https://iam.cloud.ibm.com@evil.example/token', false],
    ['https://iam.cloud.ibm.com/../token', false],
    ['/identity/../token', false],
    ['/identity/token?x=y', false],
  ])('take %j for the address of tokens: %j', (text, isTaken) => {
    expect(schemaOf('token_url').safeParse(text).success).toBe(isTaken);
  });

  test('take only a CRN of Qiskit Runtime for the instance', () => {
    const taken = [instance, 'my-instance', 'crn:v1:bluemix:public:kms:us-south:a/1:2::'];
    expect(taken.map((text) => schemaOf('instance').safeParse(text).success)).toEqual([true, false, false]);
  });
});
