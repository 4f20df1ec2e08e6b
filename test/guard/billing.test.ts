import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JobSeed } from '../../sandbox/job-seed.ts';
import { callerWith, callOf, guardStage } from '../support/guard-stage.ts';
import { accepted } from '../support/stage.ts';

const note =
  'IonQ may bill what ran before the cancel. A job that ends just as the cancel arrives may read as cancelled.';

/** A call about one job at IonQ, by a caller who may do everything but for `rights`. */
async function cancelled(
  job: JobSeed | 'missing',
  { rights = {}, how = {} }: { rights?: Parameters<typeof callerWith>[0]; how?: object } = {},
  set: (stage: ReturnType<typeof guardStage>) => void = () => undefined,
) {
  const stage = guardStage();
  set(stage);
  const [job_id = randomUUID()] = job === 'missing' ? [] : stage.providers.ionq.addJobs(1, job);
  const request = { provider: 'ionq', job_id, wait_seconds: 0, ...how };
  return accepted(await stage.clock.until(stage.gateway().cancelJob(request, callOf(callerWith(rights)))));
}

describe('what may still be billed is told', () => {
  it.each([
    ['cancelled', { state: 'running' }, {}],
    ['cancelling', { state: 'running', settlesInMs: 1e9 }, {}],
    ['already_cancelled', { state: 'cancelled' }, {}],
    ['already_finished', { state: 'completed' }, {}],
    ['would_cancel', { state: 'running' }, { dry_run: true }],
  ] as const)('of a job that is %s', async (outcome, seed, how) => {
    expect(await cancelled(seed, { how })).toMatchObject({ outcome, billing_note: note });
  });
});

describe('no word about a bill is said', () => {
  const refused = { kind: 'status', status: 401 } as const;

  it.each([
    ['denied_by_policy', () => cancelled({ state: 'running' }, { rights: { connections: ['sutro'] } })],
    ['confirmation_required', () => cancelled({ state: 'running' }, { rights: { confirmAbove: 0 } })],
    [
      'protected_job',
      () => cancelled({ state: 'running' }, {}, ({ protectedJobs }) => protectedJobs.push({ id: '*' })),
    ],
    ['not_found', () => cancelled('missing')],
    [
      'credentials_rejected',
      () => cancelled({ state: 'running' }, {}, ({ providers }) => providers.ionq.setFault(refused)),
    ],
  ])('where nothing was called off: %s', async (code, call) => {
    const outcome = await call();
    expect(outcome.code ?? outcome.outcome).toBe(code);
    expect(outcome).not.toHaveProperty('billing_note');
  });
});
