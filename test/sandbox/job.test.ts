import { describe, expect, test } from 'vitest';
import { createJob, stateAt, truthAt } from '../../sandbox/jobs/job.ts';

const now = 1_000_000;

function states(seed: Parameters<typeof createJob>[0], moments: readonly number[]): string[] {
  const job = createJob(seed, 'job', 300, now);
  return moments.map((moment) => stateAt(job, now + moment));
}

describe('a job', () => {
  test('moves from queued through running to completed on a clock', () => {
    expect(states({ startsInMs: 10, finishesInMs: 30 }, [0, 9, 10, 29, 30, 1e9])).toEqual([
      'queued',
      'queued',
      'running',
      'running',
      'completed',
      'completed',
    ]);
  });

  test('never moves on its own where it is not told when', () => {
    expect(states({}, [0, 1e12])).toEqual(['queued', 'queued']);
    expect(states({ state: 'running' }, [0, 1e12])).toEqual(['running', 'running']);
  });

  test('fails where that is how it is to finish', () => {
    expect(states({ state: 'running', finishesInMs: 5, finishesAs: 'failed' }, [4, 5])).toEqual([
      'running',
      'failed',
    ]);
  });

  test.each(['queued', 'running', 'cancelling', 'cancelled', 'completed', 'failed'] as const)(
    'starts as %s if it is to',
    (state) => {
      expect(states({ state }, [0])).toEqual([state]);
      expect(states({ state, createdAt: new Date(now - 5000) }, [0])).toEqual([state]);
    },
  );

  test('that is cancelling is cancelled once it has settled', () => {
    expect(states({ state: 'cancelling' }, [299, 300])).toEqual(['cancelling', 'cancelled']);
  });

  test('that finishes before its cancel has settled has finished', () => {
    expect(states({ state: 'cancelling', finishesInMs: 100 }, [99, 100, 300])).toEqual([
      'cancelling',
      'completed',
      'completed',
    ]);
  });

  test('is seen as it was created before it was', () => {
    const job = createJob({ state: 'running' }, 'job', 300, now);
    job.cancelRequestedAt = now;
    expect([stateAt(job, now - 1), stateAt(job, now)]).toEqual(['running', 'cancelling']);
  });

  test('tells when a cancel took effect and when it was final', () => {
    const job = createJob({ state: 'running' }, 'job', 300, now);
    expect(truthAt(job, now)).toEqual({ id: 'job', state: 'running', createdAt: now, cancelRequests: 0 });
    job.cancelRequestedAt = now + 10;
    expect(truthAt(job, now + 20)).toMatchObject({ state: 'cancelling', cancelRequestedAt: now + 10 });
    expect(truthAt(job, now + 400)).toMatchObject({ state: 'cancelled', cancelledAt: now + 310 });
  });
});
