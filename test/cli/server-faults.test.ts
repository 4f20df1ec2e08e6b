import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { exchange } from '../../cli/remote/exchange.ts';
import { readServerAnswer } from '../../cli/remote/read-server-answer.ts';
import { callerThere } from '../../cli/remote/remote-call.ts';
import { createRemoteGateway } from '../../cli/remote/remote-gateway.ts';
import { readTolerantly } from '../../cli/remote/tolerant.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { bulkResultSchema } from '../../shared/contract/answers/responses.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { runs } from '../support/thorough.ts';

const token = 'canary-token-of-a-caller';
const jobs = [{ provider: 'sutro', job_id: 'job-1' }];
const context: RequestContext = { requestId: 'test', caller: callerThere, surface: 'cli' };

let origin: Origin | undefined;
afterEach(async () => {
  await origin?.close();
  origin = undefined;
});

/** What a cancel and a list say if a server answers so. */
async function answeredBy(answer: RequestListener, more: Partial<RequestContext> = {}, limitMs = 5_000) {
  origin = await startOrigin(answer);
  const gateway = createRemoteGateway({ url: origin.url, token, limitMs }, 'cli');
  const call = { ...context, ...more };
  return { cancel: await gateway.cancelJobs({ jobs }, call), list: await gateway.listJobs({}, call) };
}

const problem =
  (type: string, status: number): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '7' });
    response.end(
      JSON.stringify({ type: `urn:calloff:problem:${type}`, title: 'A title.', status, request_id: 'x' }),
    );
  };
const page =
  (status: number): RequestListener =>
  (_request, response) =>
    void response
      .writeHead(status, { 'content-type': 'text/html', location: 'https://elsewhere.example' })
      .end('<h1>no</h1>');

describe('an answer that is no answer of calloff', () => {
  it.each<[string, RequestListener, string, RegExp]>([
    ['a page of a proxy', page(200), 'lost', /not one of calloff.*may have carried it out/],
    ['a bare 404', page(404), 'lost', /HTTP 404/],
    ['a gateway that waited too long', page(503), 'lost', /HTTP 503.*may have carried it out/],
    ['a redirect', page(307), 'lost', /redirect \(HTTP 307\)/],
    ['a broken connection', (request) => request.socket.destroy(), 'lost', /ended before the answer/],
    ['an internal error', problem('internal', 500), 'lost', /internal error/],
    ['a rejected token', problem('unauthorized', 401), 'denied', /does not accept the token/],
    ['an unknown route', problem('no-such-route', 404), 'unavailable', /older than this calloff/],
    ['a refusal of a newer version', problem('of-tomorrow', 409), 'denied', /A title/],
    ['a full gateway', page(429), 'rate_limited', /HTTP 429/],
    ['too many reads', problem('too-often', 429), 'rate_limited', /used up your reads/],
  ])(
    '%s: a cancel is told as it is, and never as not sent if that is not known',
    async (_name, answer, kind, said) => {
      const { cancel, list } = await answeredBy(answer);
      expect(cancel).toMatchObject({ ok: false, faults: [{ kind, message: expect.stringMatching(said) }] });
      if (kind === 'lost') expect(JSON.stringify(cancel)).not.toMatch(/Nothing was (sent|done)/);
      expect(list).toMatchObject({ ok: false });
      expect(JSON.stringify(list)).not.toContain('may have carried it out');
      expect(JSON.stringify([cancel, list])).not.toContain(token);
      expect(origin?.received).toHaveLength(2);
    },
  );

  it('is told when it does not come in time, or its reader leaves', async () => {
    const silent = await answeredBy(() => undefined, { limitMs: 10 });
    expect(JSON.stringify(silent.cancel)).toMatch(/did not answer in time.*may have carried it out/);
    await origin?.close();
    const left = await answeredBy(() => undefined, { signal: AbortSignal.timeout(50) });
    expect(JSON.stringify(left.cancel)).toMatch(/Interrupted.*may have carried it out/);
    // A command may have read, and written, much before the request that is left.
    expect(left.list).toMatchObject({ ok: false, faults: [{ message: 'Interrupted.' }] });
  }, 20_000);

  it('says that nothing was done where no connection opened', async () => {
    const gone = await startOrigin(() => undefined);
    await gone.close();
    const gateway = createRemoteGateway({ url: gone.url, token, limitMs: 5_000 }, 'cli');
    const answer = await gateway.cancelJobs({ jobs }, context);
    expect(JSON.stringify(answer)).toMatch(/refused the connection. Nothing was done/);
    const read = await gateway.readAudit({}, context);
    expect(JSON.stringify(read)).toMatch(/refused the connection\. Check CALLOFF_URL/);
  });

  it('gives a sentence for any bytes and any status, and never a value', () => {
    const asked = { url: 'https://calloff.example', operation: 'cancelJobs', reader: 'cli' } as const;
    const anyText = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.json(),
      fc.nat(3_000).map((depth) => '['.repeat(depth * 10)),
      fc.constant('{"outcomes":[{"outcome":"cancelled"}]}'),
      fc.constant('{"__proto__":{"outcome":"cancelled"}}'),
    );
    fc.assert(
      fc.property(anyText, fc.integer({ min: 200, max: 599 }), (text, status) => {
        const exchanged = { kind: 'answer', status, text, retryAfterSeconds: undefined } as const;
        const read = (body: unknown) => readTolerantly(bulkResultSchema, body);
        const answer = readServerAnswer(exchanged, read, asked);
        expect(answer).toMatchObject({ ok: false, faults: [{ message: expect.stringMatching(/\.$/) }] });
      }),
      { numRuns: runs(5_000, 200) },
    );
  });

  it('sends the token to the origin alone, and names no other', async () => {
    origin = await startOrigin(page(302));
    const url = new URL(`${origin.url}/v1/jobs`);
    const got = await exchange(
      { method: 'GET', url, headers: {} },
      { token, timeoutMs: 5_000, signal: undefined },
    );
    expect(got).toMatchObject({ kind: 'answer', status: 302 });
  });
});

describe('an answer of another version', () => {
  const evidence = { source: 'status', provider_status: null, observed_at: null };
  const outcome = {
    provider: 'sutro',
    job_id: 'job-1',
    outcome: 'cancelled',
    state: 'cancelled',
    retryable: false,
    evidence,
    message: 'm',
  };
  const answer = { request_id: 'x', outcomes: [outcome], counts: countOutcomes([]), duplicates: 0 };

  it('is read without the fields that this one does not know', () => {
    const newer = structuredClone({ ...answer, later: 1, outcomes: [{ ...outcome, later: { deep: [] } }] });
    expect(readTolerantly(bulkResultSchema, newer)).toEqual(answer);
  });

  it('has an outcome, a state or a code that is not known as unknown, and never as cancelled', () => {
    const newer = structuredClone({
      ...answer,
      counts: { ...answer.counts, suspended: 1 },
      outcomes: [{ ...outcome, outcome: 'suspended', state: 'asleep', code: 'later' }],
    });
    const read = readTolerantly(bulkResultSchema, newer);
    expect(read?.outcomes).toEqual([{ ...outcome, outcome: 'unknown', state: 'unknown' }]);
    expect(read?.counts).toEqual(answer.counts);
  });

  it('is read if it counts fewer outcomes, and not if it lacks what every version has', () => {
    const { would_cancel: _, ...counts } = answer.counts;
    expect(readTolerantly(bulkResultSchema, { ...answer, counts })).toEqual(answer);
    expect(readTolerantly(bulkResultSchema, { ...answer, outcomes: undefined })).toBeUndefined();
    expect(
      readTolerantly(bulkResultSchema, { ...answer, outcomes: [{ ...outcome, message: 1 }] }),
    ).toBeUndefined();
  });
});
