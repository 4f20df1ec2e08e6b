import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CancelManyReading, Failure, UnacceptedCancel } from '../../shared/adapter/adapter.ts';
import { newHistory } from '../../shared/engine/attempt-history.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import type { ProviderResponse } from '../../shared/http/types.ts';
import { ionq } from '../../shared/providers/ionq.ts';
import { accepted, context } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const failure = (code: Failure['code'], mayHaveActed: boolean) =>
  ({ kind: 'failure', code, mayHaveActed }) as const;

/** What each code of a job in the answer means, as at AWS Batch. */
const codes: Readonly<Record<string, UnacceptedCancel['reading']>> = {
  ClientException: { kind: 'rejected' },
  ThrottlingException: failure('rate_limited', false),
  AccessDenied: failure('credentials_rejected', false),
  ServerException: failure('provider_unavailable', true),
};

const bulkAnswer = z.object({
  successful: z.array(z.string()),
  errors: z.array(z.object({ job: z.string(), code: z.string() })),
});

function read({ body }: ProviderResponse): CancelManyReading {
  const { successful, errors } = bulkAnswer.parse(body);
  const others = errors.flatMap(({ job, code }) => {
    const { [code]: reading } = codes;
    return reading === undefined ? [] : [{ jobId: job, reading }];
  });
  return { kind: 'accepted', jobIds: successful, providerStatus: null, others };
}

const { cancelMany } = ionq;
beforeAll(() => void Object.assign(ionq, { cancelMany: { ...cancelMany, read } }));
afterAll(() => void Object.assign(ionq, { cancelMany }));

/** What the bulk answer says of one job. */
type Said = 'successful' | keyof typeof codes | 'nothing' | 'both';

/** Cancels one job for each thing that a bulk answer may say of a job. Of an accepted one the cancel reaches the provider. */
async function cancelled(said: readonly Said[]) {
  const harness = await operationsHarness();
  const jobs = harness.addJobs({ ionq: said.length });
  const saidOf = new Map(jobs.map(({ job_id }, index) => [job_id, said[index] ?? 'nothing']));
  const fetch =
    (inner: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      if (!String(input).endsWith('/jobs/status/cancel')) return inner(input, init);
      const { ids } = z.object({ ids: z.array(z.string()) }).parse(JSON.parse(String(init?.body)));
      const successful = ids.filter((id) => /successful|both/.test(saidOf.get(id) ?? ''));
      const carriedOut = ids.filter((id) => saidOf.get(id) === 'successful');
      await inner(input, { ...init, body: JSON.stringify({ ids: carriedOut }) });
      const errors = ids.flatMap((job) => {
        const code = saidOf.get(job) === 'both' ? 'ClientException' : saidOf.get(job);
        return code === undefined || !(code in codes) ? [] : [{ job, code, message: 'text of the provider' }];
      });
      return Response.json({ successful, errors });
    };
  const { gateway } = harness.newProcess({ fetch });
  const call = gateway.cancelJobs({ jobs, wait_seconds: 10 }, context);
  const { outcomes } = accepted(await harness.clock.until(call));
  const alone = harness.sandbox.providers.ionq.journal.filter(({ operation }) => operation === 'cancel');
  return { outcomes, alone: alone.flatMap(({ jobIds }) => jobIds.map((id) => saidOf.get(id))) };
}

describe('an answer to a cancel of many jobs that says something of each', () => {
  it('is believed of each job alone, and whatever is left open is cancelled one by one', async () => {
    const said = [
      'successful',
      'ClientException',
      'ThrottlingException',
      'AccessDenied',
      'ServerException',
      'nothing',
      'both',
    ] as const;
    const { outcomes, alone } = await cancelled(said);
    expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual([
      ...[
        'cancelled',
        'not_cancellable',
        'cancelled',
        'denied_by_provider',
        'cancelled',
        'cancelled',
        'cancelled',
      ],
    ]);
    expect(new Set(alone)).toEqual(new Set(['ThrottlingException', 'ServerException', 'nothing', 'both']));
  });

  it('stops nothing else if it refuses every job for the key', async () => {
    const { outcomes } = await cancelled(['AccessDenied', 'AccessDenied', 'AccessDenied', 'successful']);
    expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual([
      ...['denied_by_provider', 'denied_by_provider', 'denied_by_provider', 'cancelled'],
    ]);
  });

  it('names the limit that a job met if no time was left to cancel it alone', () => {
    const seen = {
      kind: 'seen',
      at: 0,
      job: { jobId: 'job', state: 'running', providerStatus: null },
    } as const;
    const throttled = { kind: 'unclear', code: 'rate_limited', mayHaveActed: false } as const;
    const job = { ...newHistory('job'), first: seen, attempts: [throttled], latest: seen };
    const call = { dryRun: false, sendIfStatusUnknown: false };
    expect(buildOutcome(job, { name: 'ionq', adapter: ionq }, call)).toMatchObject({
      ...{ outcome: 'failed', code: 'rate_limited', state: 'running', retryable: true },
      message: 'IonQ limits the number of requests. This call cancelled nothing.',
    });
  });
});
