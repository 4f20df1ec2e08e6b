import { describe, expect, it } from 'vitest';
import { answerOf, failed, hasNoSession, wasRefused } from '../../console/model/answers.js';
import { consoleProblems } from '../../functions/console/problems.ts';
import { problems } from '../../functions/http/problem.ts';

const problemJson = { 'content-type': 'application/problem+json' };
/** An answer with a problem of calloff, or of something else. */
const told = (status: number, body: unknown, headers: Record<string, string> = problemJson) =>
  answerOf<object>(new Response(JSON.stringify(body), { status, headers }));
const ofCalloff = (kind: string, status: number) =>
  told(status, { type: `urn:calloff:problem:${kind}`, title: 'Nothing was done.', status });

/** What a stop says of each problem: `failed` is "Nothing was stopped", `lost` is that it may or may not be. */
const expected: Record<keyof typeof problems, 'failed' | 'lost'> = {
  'invalid-request': 'failed',
  unreadable: 'failed',
  'unsafe-path': 'failed',
  unauthorized: 'failed',
  forbidden: 'failed',
  'unknown-provider': 'failed',
  'unknown-operation': 'failed',
  'no-such-route': 'failed',
  'method-not-allowed': 'failed',
  confirmation: 'failed',
  // Another request may have started the operation.
  'wrong-state': 'lost',
  'key-reused': 'failed',
  'body-too-large': 'failed',
  'too-often': 'failed',
  internal: 'lost',
  'store-unavailable': 'lost',
  'not-configured': 'failed',
};

describe('an answer', () => {
  it('says that nothing was stopped only if calloff itself said so before it sent anything', async () => {
    for (const [kind, phase] of Object.entries(expected)) {
      const answer = await ofCalloff(kind, 400);
      expect([kind, failed(answer).phase]).toEqual([kind, phase]);
      // What promises that nothing was done is a refusal, and no other problem is.
      const title = Object.entries(problems).find(([name]) => name === kind)?.[1].title ?? '';
      if (title.includes('Nothing was done')) expect([kind, wasRefused(answer)]).toEqual([kind, true]);
    }
    const { status } = consoleProblems['foreign-site'];
    expect(failed(await ofCalloff('foreign-site', status)).phase).toBe('failed');
  });

  it.each([400, 401, 403, 404, 405, 408, 409, 413, 421, 422, 425, 429, 431, 451, 500, 502, 503, 504])(
    'of %d that something in front of calloff gave does not say whether anything was stopped',
    async (status) => {
      const bodies = [
        await told(status, { title: 'Nothing was done.', status }),
        await told(status, { type: 'about:blank', title: 'Request Timeout', status }),
        await told(status, { type: `https://proxy.example/${status}`, title: '<b>no</b>' }),
        await told(status, { type: 'urn:calloff:problemish:forbidden', title: 'no' }),
        await told(status, { message: 'Service Unavailable' }, { 'content-type': 'application/json' }),
        await told(status, 'Forbidden'),
        await answerOf<object>(new Response('<html><h1>Bad Gateway</h1></html>', { status })),
      ];
      for (const answer of bodies) {
        expect(failed(answer)).toEqual({
          phase: 'lost',
          problem: `Something in front of calloff answered ${status} in its place.`,
        });
        expect([wasRefused(answer), hasNoSession(answer)]).toEqual([false, false]);
      }
    },
  );

  it('of calloff is known by the name of its problem, whatever type a proxy gave it', async () => {
    const body = { type: 'urn:calloff:problem:unauthorized', title: 'No token.', status: 401 };
    for (const type of ['application/json', 'text/plain', ''])
      expect(await told(401, body, { 'content-type': type })).toMatchObject({
        kind: 'unauthorized',
        problem: 'No token.',
      });
    expect(await told(200, body, { 'content-type': 'application/json' })).not.toHaveProperty('kind');
  });

  it('that did not come does not say it either', () => {
    expect(failed({ status: 0, problem: 'calloff did not answer.' }).phase).toBe('lost');
  });

  it('of another page with status 200 is none', async () => {
    const answer = await answerOf(new Response('<html>Sign in to the network</html>'));
    expect(answer).toEqual({
      status: 200,
      problem: 'Something in front of calloff answered 200 in its place.',
    });
  });

  it('with an outcome is one whatever its status, and faults are told with their places', async () => {
    const outcome = { outcome: 'refused', message: 'It is protected.' };
    const json = { 'content-type': 'application/json' };
    expect(await told(403, outcome, json)).toEqual({ status: 403, value: outcome });
    expect(
      await told(400, {
        ...{ type: 'urn:calloff:problem:invalid-request', title: 'The request has faults.' },
        faults: [{ path: 'state', message: 'is none of the seven' }],
      }),
    ).toEqual({
      ...{ status: 400, kind: 'invalid-request', faultyPaths: ['state'] },
      problem: 'The request has faults. state is none of the seven',
    });
  });
});
