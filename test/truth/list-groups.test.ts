import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
beforeEach(() => sandbox.providers.databricks.reset());
afterAll(() => sandbox.close());

/** What a list of the jobs in these states finds at a provider that is asked for groups, and how often it is asked. */
async function found(state: string) {
  const { databricks } = sandbox.providers;
  const gateway = gatewayOver([connectionTo('databricks', databricks)]);
  const { jobs } = accepted(await gateway.listJobs({ provider: 'databricks', state }, context));
  return { ids: jobs.map(({ job_id }) => job_id).toSorted(), asked: databricks.journal.length };
}

describe('a list that is asked for groups of states', () => {
  test('is read once for all states of a group, and shows only the jobs in those that are wanted', async () => {
    const { databricks } = sandbox.providers;
    const ids = [databricks.addJob({ state: 'running' }), databricks.addJob({ state: 'queued' })];
    databricks.addJob({ state: 'cancelling', settlesInMs: 60_000 });
    databricks.addJob({ state: 'completed' });
    expect(await found('running,queued')).toEqual({ ids: ids.toSorted(), asked: 1 });
  });

  test('is read by each group that is wanted', async () => {
    const { databricks } = sandbox.providers;
    const ids = [databricks.addJob({ state: 'running' }), databricks.addJob({ state: 'completed' })];
    databricks.addJob({ state: 'failed' });
    expect(await found('running,completed')).toEqual({ ids: ids.toSorted(), asked: 2 });
  });

  test('is read whole for a state without a group, and shows each job once', async () => {
    const { databricks } = sandbox.providers;
    const ids = [
      databricks.addJob({ state: 'running' }),
      databricks.addJob({ state: 'queued', word: 'PAUSED' }),
    ];
    expect(await found('running,unknown')).toEqual({ ids: ids.toSorted(), asked: 2 });
  });
});

test('a list of running jobs has the parent of an array whose jobs run, although its word is that of a job that waits', async () => {
  const { 'aws-batch': batch } = sandbox.providers;
  const id = batch.addJob({ state: 'queued', word: 'PENDING' });
  const gateway = gatewayOver([connectionTo('aws-batch', batch)]);
  const { jobs } = accepted(await gateway.listJobs({ state: 'running' }, context));
  expect(jobs).toMatchObject([{ job_id: id, state: 'running' }]);
});
