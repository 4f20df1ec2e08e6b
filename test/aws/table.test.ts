import { beforeEach, describe, expect, test } from 'vitest';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import type { Trouble } from '../support/aws/table-server.ts';
import { casesAt } from '../support/thorough.ts';
import { boss, configureCallers } from './callers-harness.ts';
import { httpApiEvent } from './events.ts';
import { token, useLambda } from './lambda-harness.ts';

const harness = useLambda('api');

const setUp = () =>
  configureCallers(harness, {
    ada: boss,
    'night-agent': { kind: 'agent', may: { ...boss.may, cancels_per_minute: 100, reads_per_minute: 100 } },
  });
let callers: ReturnType<typeof setUp>;
beforeEach(() => {
  callers = setUp();
});

const cancelOne = (provider: ProviderName, job_id: string) =>
  ({ method: 'POST', path: `/v1/providers/${provider}/jobs/${job_id}/cancel` }) as const;
const events = () => harness.lambda.logLines().map((line) => JSON.parse(line).event);
const outcomesOnly = /outcomes/;

/** The answer of `work`, which must be there within so many milliseconds. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const answer = await work;
  expect(performance.now() - startedAt).toBeLessThan(ms);
  return answer;
}

describe('where the table cannot be used', () => {
  harness.keepWarm();
  const budget = { CALLOFF_BUDGET_SECONDS: '5' };

  test('because it hangs, a counted cancel is answered in time, and what was not written down is not sent', async () => {
    const { status, body } = await cancelCounted('hangs');
    expect([status, body.outcome, body.code]).toEqual([500, 'failed', 'internal']);
    expect(body.message).toContain('calloff records every cancel before it sends it. Nothing was sent.');
    expect(events()).toContain('store_failed');
  });

  test('because it is so slow that the time is over once the job is counted, nothing is sent either', async () => {
    const { status, body } = await cancelCounted('is slow');
    expect([status, body.outcome, body.retryable]).toEqual([503, 'not_attempted', true]);
    expect(body.message).toContain('ran out of time');
  });

  async function cancelCounted(kind: Trouble) {
    await harness.restart(budget);
    const job_id = harness.runningJob('sutro');
    await callers.ask('ada', { path: '/v1/providers' });
    harness.table.trouble(kind);
    const answer = await within(6_000, callers.ask('night-agent', cancelOne('sutro', job_id)));
    expect(harness.sandbox.providers.sutro.job(job_id)).toMatchObject({ state: 'running' });
    const { journal } = harness.sandbox.providers.sutro;
    expect(journal.filter(({ operation }) => operation === 'cancel')).toEqual([]);
    return answer;
  }

  test.each(casesAt(['throttles', 'breaks'] as const, 0))(
    'for intents because it %s, nothing is sent, for any caller',
    async (kind) => {
      harness.configure(budget);
      const job_id = harness.runningJob('sutro');
      await callers.ask('ada', { path: '/v1/providers' });
      harness.table.trouble(kind, /intent/);
      const { status, body } = await within(6_000, callers.ask('ada', cancelOne('sutro', job_id)));
      expect([status, body.outcome, body.code, body.state]).toEqual([500, 'failed', 'internal', 'running']);
      const { journal } = harness.sandbox.providers.sutro;
      expect(journal.filter(({ operation }) => operation === 'cancel')).toEqual([]);
      expect(events()).toContain('audit_unwritable');
    },
  );

  test.each(casesAt(['hangs', 'throttles'] as const, 0))(
    'for outcomes because it %s, what was sent is told as it was, and reads as unknown later',
    async (kind) => {
      harness.configure(budget);
      const job_id = harness.runningJob('sutro');
      await callers.ask('ada', { path: '/v1/providers' });
      harness.table.trouble(kind, outcomesOnly);
      const { status, body } = await within(6_000, callers.ask('ada', cancelOne('sutro', job_id)));
      expect([status, body.outcome]).toEqual([200, 'cancelled']);
      expect(events()).toContain('audit_unwritable');
      harness.forward(10_000);
      const audit = await callers.ask('ada', { path: '/v1/audit', query: [['job', job_id]] });
      expect(audit.body.entries).toMatchObject([{ caller: 'ada', decision: 'allowed', outcome: 'unknown' }]);
    },
  );

  test('a list is still given to a caller without limits, without waiting for its record', async () => {
    harness.configure(budget);
    harness.runningJob('sutro');
    await callers.ask('ada', { path: '/v1/providers' });
    harness.table.trouble('hangs');
    const { status, body } = await within(6_000, callers.ask('ada', { path: '/v1/jobs' }));
    expect([status, body.jobs.length]).toEqual([200, 1]);
  });

  test('a list is refused to whom it would have to be counted', async () => {
    harness.configure(budget);
    await callers.ask('ada', { path: '/v1/providers' });
    harness.table.trouble('throttles');
    const { status, body } = await within(6_000, callers.ask('night-agent', { path: '/v1/jobs' }));
    expect([status, body.type]).toEqual([503, 'urn:calloff:problem:store-unavailable']);
  });

  test('when a provider has used up the time, the answer waits no longer for the table', async () => {
    harness.configure(budget);
    const job_id = harness.runningJob('sutro');
    await callers.ask('ada', { path: '/v1/providers' });
    harness.sandbox.providers.sutro.setFault({ kind: 'hang', operations: ['cancel'] });
    harness.table.trouble('hangs', outcomesOnly);
    const { status, body } = await within(6_000, callers.ask('ada', cancelOne('sutro', job_id)));
    expect([status, body.outcome]).toEqual([504, 'unknown']);
  });
});

describe('without a table', () => {
  const asked = httpApiEvent({ path: '/v1/providers', headers: { authorization: `Bearer ${token}` } });

  test('nothing starts, unless that is said', async () => {
    await harness.restart({ CALLOFF_TABLE: '' });
    expect(await harness.lambda.ended).toBe(1);
    await expect.poll(() => harness.lambda.output()).toContain('CALLOFF_TABLE must name the DynamoDB table');
  });

  describe('where that is said', () => {
    harness.keepWarm();

    test('the one token comes in, jobs are cancelled, and the log says that nothing is kept', async () => {
      for (const name of ['config', 'pepper']) harness.secrets.set(`calloff/${name}`, undefined);
      harness.secrets.set('calloff/token', token);
      harness.configure({ CALLOFF_TABLE: 'none' });
      expect((await harness.invoke(asked)).status).toBe(200);
      expect(events()).toEqual(['audit_disabled', 'request']);
      expect(harness.table.requests).toEqual([]);
    });

    // In npm test, it is the process that the test before has left.
    test.each(
      casesAt(
        [
          ['once it is warm', () => harness.configure({ CALLOFF_TABLE: 'none' })],
          ['when it starts', () => harness.restart({ CALLOFF_TABLE: 'none' })],
        ],
        0,
      ),
    )(
      'callers with tokens of their own are not admitted %s, because their limits could not be kept',
      async (_when, begin) => {
        await begin();
        for (let count = 0; count < 2; count += 1) {
          const { status, body } = await callers.ask('ada', { path: '/v1/providers' });
          expect([status, body.type]).toEqual([503, 'urn:calloff:problem:not-configured']);
        }
        expect(events().filter((event) => event === 'configuration_needs_table')).toHaveLength(1);
      },
    );
  });
});
