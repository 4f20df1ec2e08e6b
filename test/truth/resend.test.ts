import { expect, test } from 'vitest';
import { CallDeadline } from '../../shared/cancellation/call-deadline.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { newHistory } from '../../shared/engine/attempt-history.ts';
import { inspect } from '../../shared/engine/inspect.ts';
import { type ConnectionWork, runCancels } from '../../shared/engine/run-cancels.ts';
import { createGateway } from '../../shared/gateway.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { Credential } from '../../shared/http/types.ts';
import { type Clock, sleep } from '../../shared/lib/clock.ts';
import { guardHarness, named } from '../support/guard-harness.ts';
import { accepted, connectionTo, context } from '../support/harness.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const baseUrl = 'https://api.sutro.example';
const jobs = [{ provider: 'sutro', job_id: 'job-1' }];
const shows = (status: string) => () => Response.json({ job: { job_id: 'job-1', status } });
const broken = () => new Response('', { status: 503 });
const cancelled = () => Response.json({ cancelled: true });

/** How long a call may take, and what renews a key that was refused. */
interface Keyed {
  readonly budgetMs?: number;
  renew?(known: Credential, clock: Clock): Promise<Credential>;
}

/** A Sutro that answers looks and cancels from two scripts, the last line of each for ever. */
function scripted(
  looks: readonly (() => Response)[],
  cancels: readonly (() => Response)[],
  { budgetMs = 60_000, renew }: Keyed = {},
) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const told = { status: [...looks], cancel: [...cancels] };
  const gateway = createGateway({
    connections: async () => [connectionTo('sutro', { baseUrl, apiKey: 'a-key' })],
    credentials: (connection) => {
      const source = credentialFromSettings(connection);
      return renew === undefined ? source : { ...source, renew: (known) => renew(known, clock) };
    },
    budgetMs,
    clock,
    fetch: async (input) => {
      const what = new URL(String(input)).pathname.startsWith('/job-cancel/') ? 'cancel' : 'status';
      asked.push(what);
      const [answer = broken] = told[what];
      if (told[what].length > 1) told[what].shift();
      return answer();
    },
  });
  const cancelsSent = () => asked.filter((what) => what === 'cancel').length;
  return { clock, gateway, cancelsSent };
}

test('a lost cancel is sent again for a look after it that shows the job running, and for no other', async () => {
  const running = shows('RUNNING');
  const { clock, gateway, cancelsSent } = scripted([running, running, broken], [broken]);
  const answer = await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 20 }, context));
  expect(cancelsSent()).toBe(2);
  expect(accepted(answer).outcomes).toMatchObject([{ outcome: 'unknown', state: 'running' }]);
});

test('a status from before an accepted cancel is no evidence of its effect', async () => {
  const { clock, gateway } = scripted([shows('QUEUED'), shows('RUNNING'), broken], [broken, cancelled]);
  const answer = await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 5 }, context));
  expect(accepted(answer).outcomes).toMatchObject([
    { outcome: 'cancelling', state: 'running', evidence: { source: 'reply' } },
  ]);
});

test('a job that is gone after its cancel was accepted is said to be gone, by the look that did not find it', async () => {
  const gone = () => Response.json({ detail: 'Job job-1 not found' }, { status: 404 });
  const { clock, gateway } = scripted([shows('RUNNING'), gone], [cancelled]);
  const startedAt = clock.wallTime();
  const answer = await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 2 }, context));
  const [outcome] = accepted(answer).outcomes;
  expect(outcome).toMatchObject({
    ...{ outcome: 'cancelling', gone: true, state: 'unknown', retryable: false },
    evidence: { source: 'status', provider_status: null },
    message: 'Sutro accepted the cancel, and now says that it has no such job.',
  });
  expect(outcome?.next_step).not.toContain('again');
  expect(Date.parse(outcome?.evidence.observed_at ?? '')).toBeGreaterThan(startedAt);
});

test('a cancel that was asked to wait is not said to have been sent nothing, where its caller goes', async () => {
  const limited = () => new Response('', { status: 429, headers: { 'retry-after': '3' } });
  const { clock, gateway, cancelsSent } = scripted([shows('RUNNING')], [limited]);
  const leaving = new AbortController();
  clock.after(1_000, () => leaving.abort());
  const call = gateway.cancelJobs({ jobs, wait_seconds: 0 }, { ...context, signal: leaving.signal });
  const { outcomes } = accepted(await clock.until(call));
  expect([cancelsSent(), outcomes]).toMatchObject([1, [{ outcome: 'failed', code: 'rate_limited' }]]);
});

test('a cancel whose key was refused is told as that, where the time is up once there is another', async () => {
  const refused = () => new Response('', { status: 401 });
  const renewals: Credential[] = [];
  const { clock, gateway, cancelsSent } = scripted([shows('RUNNING')], [refused], {
    budgetMs: 25_000,
    renew: async (known, clock) => {
      renewals.push(known);
      await sleep(clock, 21_000);
      return { ...known, apiKey: 'another-key' };
    },
  });
  const { outcomes } = accepted(await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0 }, context)));
  expect([renewals.length, cancelsSent()]).toEqual([1, 1]);
  expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'credentials_rejected' }]);
});

test('a job whose list was refused is not said to have been sent nothing, where its own turn did not come', async () => {
  const { clock, providers, gateway } = guardHarness();
  const jobs = named('ionq', providers.ionq.addJobs(32, { state: 'running' }));
  providers.ionq.setFault({ kind: 'delay', ms: 6_000, operations: ['cancel', 'cancelMany'] });
  providers.ionq.setFault({ kind: 'foreign_not_found', operations: ['cancel', 'cancelMany'] });
  const call = gateway({ budgetMs: 25_000 }).cancelJobs({ jobs, wait_seconds: 0 }, context);
  const { outcomes } = accepted(await clock.until(call));
  expect(new Set(outcomes.map(({ outcome, code }) => `${outcome} ${code}`))).toEqual(
    new Set(['failed unexpected_response']),
  );
});

test.each([
  ['RUNNING', { outcome: 'failed', code: 'internal' }],
  ['CANCELLING', { outcome: 'cancelling' }],
  ['SUCCEEDED', { outcome: 'already_finished' }],
])(
  'if a bug comes before a cancel of a job in %s, the outcome does not say that it was sent',
  async (word, outcome) => {
    const { clock, gateway, cancelsSent } = scripted([shows(word)], [cancelled]);
    const sutro = (await gateway.connections()).get('sutro');
    if (sutro === undefined) throw new Error('no such connection');
    const now = clock.now();
    const turn = newTurn('check_before');
    const call = {
      sendBy: now + 60_000,
      answerBy: now + 90_000,
      waitMs: 0,
      dryRun: false,
      sendIfStatusUnknown: false,
      turn,
    };
    const job = newHistory('job-1');
    const broken: ConnectionWork = async (jobs, connection) => {
      await inspect(jobs, connection, call);
      throw new Error('a bug');
    };
    const parts = {
      connections: gateway.connections,
      clock,
      turn,
      time: new CallDeadline(clock, 120_000),
      log: () => undefined,
      budgetMs: 120_000,
    };
    const { outcomes, sent } = await clock.until(
      runCancels([{ connection: sutro, job }], parts, call, broken),
    );
    expect(outcomes).toMatchObject([outcome]);
    expect([sent, cancelsSent()]).toEqual([0, 0]);
  },
);
