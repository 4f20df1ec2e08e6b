import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { lambdaHandler } from '../../functions/aws/handler.ts';
import { createApp } from '../../functions/http/app.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { causes, states } from '../../shared/contract/outcome.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { createGateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import {
  confirmationMessages,
  confirmationNeededMessage,
  confirmationNextSteps,
  unconfirmableStep,
} from '../../shared/messages/confirmation.ts';
import { consentRefusals, consentSteps } from '../../shared/messages/consent.ts';
import { tooManyJobsMessage, tooManyJobsStep } from '../../shared/messages/faults.ts';
import { billingNote, messageOf, nextStepOf } from '../../shared/messages/outcome.ts';
import { storeStep, unauditedMessage } from '../../shared/messages/store.ts';
import { adapters } from '../fixtures/adapters.ts';
import { memoryStore } from '../store/memory-store.ts';
import { pepper } from '../support/configuration.ts';
import { eventV2 } from '../support/events.ts';
import { callerWith } from '../support/guard-harness.ts';
import { inSoak } from '../support/thorough.ts';
import { kinds } from '../support/truth/outcomes.ts';

/** What Lambda returns of a call at the most, in bytes of JSON: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const mostBytes = 6_291_556;
const most = 5_000;
const connection = 'c'.repeat(40);
const at = '+275760-09-13T00:00:00.000Z';
const number = -2.2250738585072014e-308;
/** Each of its characters takes four bytes in the answer of a function, which is JSON in JSON. */
const longName = '"'.repeat(500);
const ids = Array.from({ length: most }, (_, index) => String(index).padStart(200, 'j'));
const jobOf = (job_id: string) => ({
  job_id,
  status: 'CANCELLING',
  name: longName,
  ...{
    datetime_created: at,
    datetime_started: at,
    datetime_completed: at,
    job_cost: number,
    cost_estimate: number,
  },
});

/** A Sutro whose jobs have the longest of everything, and run until they are sent a cancel. */
function largeSutro(): typeof fetch {
  const cancelled = new Set<string>();
  const seen = (id: string) => ({ ...jobOf(id), status: cancelled.has(id) ? 'CANCELLING' : 'RUNNING' });
  return async (input) => {
    const url = new URL(`${input}`);
    const [, what, id = ''] = url.pathname.split('/');
    if (what === 'job-cancel') cancelled.add(id);
    if (what === 'job-cancel') return Response.json({ cancelled: true });
    if (what === 'jobs') return Response.json({ job: seen(id) });
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const page = ids.slice(from, from + 100).map(seen);
    return Response.json({ jobs: page, next_cursor: from + 100 < most ? String(from + 100) : null });
  };
}

const told = z.object({
  counts: z.record(z.string(), z.number()).optional(),
  outcomes: z.array(z.unknown()).optional(),
  jobs: z.array(z.unknown()).optional(),
  entries: z.array(z.unknown()).optional(),
  confirmation: z.object({ id: z.string(), confirmation_token: z.string() }).optional(),
});
let ask: (asked: { readonly target: string; readonly method?: string; readonly body?: object }) => Promise<{
  readonly bytes: number;
  readonly status: number;
  readonly body: z.infer<typeof told>;
}>;
beforeAll(() => {
  const store = memoryStore({ values: new Map(), records: [], lastVersion: 0 }, systemClock);
  const gateway = createGateway({
    connections: async () => [
      { name: connection, provider: 'sutro', baseUrl: 'https://sutro.test', apiKey: 'k', options: {} },
    ],
    credentials: credentialFromSettings,
    budgetMs: 120_000,
    access: { store, pepper: async () => pepper },
    protectedJobs: async () => [],
    fetch: largeSutro(),
  });
  const callers = { identify: async () => callerWith({ confirmAbove: 0 }, { id: 'r'.repeat(40) }) };
  const handler = lambdaHandler(() =>
    createApp({ gateway, callers, log: silentLog, newRequestId: randomUUID }),
  );
  ask = async ({ method = 'GET', target, body }) => {
    const event = eventV2({
      method,
      target,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await handler(event);
    return {
      bytes: Buffer.byteLength(JSON.stringify(answer)),
      status: answer.statusCode,
      body: told.parse(JSON.parse(answer.body)),
    };
  };
});

const jobs = ids.map((job_id) => ({ provider: connection, job_id }));
const reason = '"'.repeat(200);

describe('an answer fits what Lambda returns', () => {
  // In npm test, their cancel stands for it: see below.
  inSoak(() => {
    it('about 5,000 jobs that would be cancelled, with the longest ids and names, and all that is known of them', async () => {
      const { bytes, status, body } = await ask({
        method: 'POST',
        target: '/v1/jobs/cancel',
        body: { jobs, dry_run: true },
      });
      expect([status, body.counts]).toMatchObject([200, { would_cancel: most }]);
      expect(bytes).toBeLessThan(mostBytes);
    }, 60_000);
  });

  it('about 3,000, of which it leaves nothing out', async () => {
    const some = jobs.slice(0, 3_000);
    const { bytes, body } = await ask({
      method: 'POST',
      target: '/v1/jobs/cancel',
      body: { jobs: some, dry_run: true },
    });
    const whole = z.array(z.object({ name: z.string(), details: z.object({ job_cost: z.number() }) }));
    const names = whole.parse(body.outcomes).map(({ name, details }) => `${name} ${details.job_cost}`);
    expect(names).toHaveLength(some.length);
    expect(new Set(names)).toEqual(new Set([`${'"'.repeat(120)} ${number}`]));
    expect(bytes).toBeLessThan(mostBytes);
  }, 60_000);

  it('about the confirmation of 5,000, and about their cancel', async () => {
    const asked = await ask({
      method: 'POST',
      target: '/v1/jobs/cancel',
      body: { jobs, reason, wait_seconds: 0 },
    });
    expect([asked.status, asked.body.counts]).toMatchObject([200, { refused: most }]);
    expect(asked.bytes).toBeLessThan(mostBytes);
    const { id, confirmation_token } = asked.body.confirmation ?? {};
    const shown = await ask({ target: `/v1/confirmations/${id}` });
    expect([shown.status, shown.body.jobs]).toMatchObject([200, { length: most }]);
    expect(shown.bytes).toBeLessThan(mostBytes);
    const done = await ask({
      method: 'POST',
      target: '/v1/jobs/cancel',
      body: { jobs, confirmation_token, wait_seconds: 0 },
    });
    expect([done.status, done.body.counts]).toMatchObject([200, { cancelling: most }]);
    expect(done.bytes).toBeLessThan(mostBytes);
    const audit = await ask({ target: '/v1/audit?limit=1000' });
    expect([audit.status, audit.body.entries]).toMatchObject([200, { length: 1_000 }]);
    expect(audit.bytes).toBeLessThan(mostBytes);
  }, 120_000);

  it('about a page of 1,000 jobs', async () => {
    const page = await ask({ target: '/v1/jobs?limit=1000' });
    expect([page.status, page.body.jobs]).toMatchObject([200, { length: 1_000 }]);
    expect(page.bytes).toBeLessThan(mostBytes);
  }, 60_000);

  it('about requests with a fault in every entry', async () => {
    const faulty = ids.map((id) => ({ provider: 'p\u200bq', job_id: `${id}\u200b/`, [id.slice(150)]: 1 }));
    const { bytes, status } = await ask({
      method: 'POST',
      target: '/v1/jobs/cancel',
      body: { jobs: faulty, [longName]: 1 },
    });
    expect(status).toBe(400);
    expect(bytes).toBeLessThan(200_000);
  });

  it('whatever came of 5,000 jobs, in the longest of our words', () => {
    const refusals: readonly (readonly [string, string | undefined])[] = [
      ...Object.values(confirmationMessages).map(
        (message, index) => [message, Object.values(confirmationNextSteps)[index]] as const,
      ),
      ...(['client', 'terminal'] as const).flatMap((place) =>
        Object.values(consentRefusals[place]).map(
          (message, index) => [`${message}`, `${Object.values(consentSteps[place])[index]}`] as const,
        ),
      ),
      ...[undefined, ...causes].map((cause) => [unauditedMessage(cause), storeStep(cause)] as const),
      [tooManyJobsMessage(most), tooManyJobsStep],
      [confirmationNeededMessage(10_000, false), unconfirmableStep],
      ...[true, false].map((has) => [confirmationNeededMessage(undefined, has), unconfirmableStep] as const),
    ];
    const bytesOf = (words: unknown) => Buffer.byteLength(JSON.stringify(JSON.stringify(words)));
    const sizeOf = ([message, next_step]: (typeof refusals)[number]) => bytesOf({ message, next_step });
    // Whatever else an outcome holds, the longest words make it the longest.
    const longestRefusals = refusals.toSorted((one, other) => sizeOf(other) - sizeOf(one)).slice(0, 1);
    const longest = providerIds.flatMap((provider) =>
      kinds.flatMap((kind) =>
        states.flatMap((state) =>
          [undefined, ...causes].flatMap((cause) => {
            const words = { ...kind, state, cause, provider: adapters[provider].displayName, connection };
            const told = kind.outcome === 'refused' ? longestRefusals : [];
            return [[messageOf(words), nextStepOf(words)] as const, ...told].map(([message, next_step]) => {
              const outcome: Outcome = {
                ...{
                  provider: connection,
                  job_id: ids[0] ?? '',
                  ...kind,
                  state,
                  cause,
                  retryable: false,
                  raced: true,
                  gone: true,
                },
                retry_after_seconds: 86_400,
                evidence: { source: 'reply', provider_status: 'c'.repeat(20), observed_at: at },
                billing_note: billingNote(adapters[provider], kind.outcome),
                ...{ message, next_step },
              };
              return bytesOf(outcome);
            });
          }),
        ),
      ),
    );
    expect(Math.max(...longest) * most).toBeLessThan(mostBytes - 20_000);
  });
});
