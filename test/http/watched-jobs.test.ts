import { describe, expect, test } from 'vitest';
import { newHistory } from '../../shared/engine/attempt-history.ts';
import { WaitingChecks } from '../../shared/engine/waiting-checks.ts';
import { WatchedJobs } from '../../shared/engine/watched-jobs.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A job that was sent a cancel and is watched, and a list that shows it in a state. `began`: when the list was asked for. */
function watchedJob() {
  const checks = new WaitingChecks(new ManualClock());
  const watched = new WatchedJobs(checks);
  const job = newHistory('a');
  const before = checks.mark();
  watched.watch([job]);
  const show = (state: 'cancelled' | 'running', began = checks.mark()) =>
    checks.show({ jobs: [{ jobId: 'a', state, providerStatus: null }], at: 7, began, isVague: () => false });
  return { checks, watched, job, before, show };
}

describe('of a job that was sent a cancel, a list that is read for others', () => {
  test('shows its end', () => {
    const { job, show } = watchedJob();
    show('cancelled');
    expect(job.latest).toMatchObject({ kind: 'seen', at: 7, job: { state: 'cancelled' } });
  });

  test('shows nothing else', () => {
    const { job, show } = watchedJob();
    show('running');
    expect(job.latest).toBeUndefined();
  });

  test('says nothing if it was asked for before the cancel was answered', () => {
    const { job, show, before } = watchedJob();
    show('cancelled', before);
    expect(job.latest).toBeUndefined();
  });

  test('says nothing while another cancel is being sent, and nothing of that if it was asked for before', () => {
    const { watched, job, show, before } = watchedJob();
    watched.drop([job]);
    show('cancelled');
    watched.watch([job]);
    show('cancelled', before);
    expect(job.latest).toBeUndefined();
  });

  test('says nothing if it shows the job in two states', () => {
    const { checks, job } = watchedJob();
    const shown = (state: 'cancelled' | 'running') => ({ jobId: 'a', state, providerStatus: null });
    const twice = [shown('cancelled'), shown('running')];
    for (const jobs of [twice, twice.toReversed()])
      checks.show({ jobs, at: 7, began: checks.mark(), isVague: () => false });
    expect(job.latest).toBeUndefined();
  });

  test('says nothing after the call', () => {
    const { watched, job, show } = watchedJob();
    watched.end();
    show('cancelled');
    expect(job.latest).toBeUndefined();
  });
});
