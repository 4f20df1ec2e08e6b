import { describe, expect, it } from 'vitest';
import { callerOfTheOneToken as anyone } from '../../shared/access/authenticator.ts';
import { authorizeByAttributes } from '../../shared/access/policy.ts';
import type { JobSnapshot } from '../../shared/adapter/adapter.ts';
import { attributesOf } from '../../shared/adapter/attributes.ts';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { matchFilter } from '../../shared/engine/list/filter.ts';
import { awsBatch } from '../../shared/providers/aws-batch.ts';
import { gemini } from '../../shared/providers/gemini.ts';

const account = 'arn:aws:batch:eu-central-1:123456789012';
const job = { jobId: '617a1f8b-59d4-435d-aa33-695433d7155e', jobName: 'wing', status: 'RUNNING' };
const jobArn = `${account}:job/${job.jobId}`;

function batchJobFrom(jobQueue: string, listed: object): JobSnapshot | undefined {
  const { list } = adapterFor(awsBatch, { region: 'eu-central-1', job_queue: jobQueue });
  const page = list?.read({ status: 200, body: { jobSummaryList: [listed] } }, null);
  return page?.kind === 'page' ? page.jobs[0] : undefined;
}

function geminiBatchOn(model: string): JobSnapshot | undefined {
  const body = {
    operations: [{ name: 'batches/abc123', metadata: { state: 'BATCH_STATE_RUNNING', model } }],
  };
  const page = gemini.list?.read({ status: 200, body }, null);
  return page?.kind === 'page' ? page.jobs[0] : undefined;
}

/** Whether a job is taken by a filter of its target, and by a rule that protects it. */
function judged(seen: JobSnapshot | undefined, target: string) {
  if (seen === undefined) return undefined;
  const { name, targetAliases, labels, ...shown } = attributesOf(seen);
  const asked = { name, targetAliases, labels, target: shown.target ?? undefined };
  const known = { ...asked, connection: 'ours', id: seen.jobId };
  return [
    matchFilter(seen, { target, now: 0 }),
    authorizeByAttributes(anyone, [{ target }], known) ?? 'free',
  ];
}

describe('a job queue of AWS Batch', () => {
  it.each([
    ['its ARN', `${account}:job-queue/night`, { ...job, jobArn }],
    ['its name', 'night', { ...job, jobArn }],
  ])('that is listed by %s matches by both', (_, queue, listed) => {
    const seen = batchJobFrom(queue, listed);
    expect(seen?.target).toBe('night');
    for (const pattern of ['night', 'n*t', `${account}:job-queue/night`, 'arn:*:job-queue/night'])
      expect(judged(seen, pattern), pattern).toEqual(['yes', 'protected_job']);
    const elsewhere = 'arn:aws:batch:us-east-1:123456789012:job-queue/night';
    for (const pattern of ['day', elsewhere]) expect(judged(seen, pattern), pattern).toEqual(['no', 'free']);
  });

  it('whose ARN cannot be seen may match any, and is held back', () => {
    const seen = batchJobFrom('night', job);
    expect(judged(seen, 'night')).toEqual(['yes', 'protected_job']);
    expect(judged(seen, `${account}:job-queue/night`)).toEqual(['target', 'protected_job']);
  });
});

it('a model of Gemini matches with and without the folder in its name', () => {
  const seen = geminiBatchOn('models/gemini-2.5-pro');
  for (const pattern of ['gemini-2.5-pro', 'models/gemini-2.5-pro', 'gemini-2.5*'])
    expect(judged(seen, pattern), pattern).toEqual(['yes', 'protected_job']);
  expect(judged(seen, 'gemini-2.5')).toEqual(['no', 'free']);
});
