import { beforeAll, describe, expect, test } from 'vitest';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { diagnose } from '../../shared/use-cases/diagnose.ts';
import { accepted, connectionTo, context, missingJobId, providerNames } from '../support/harness.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { loadProviders } from '../support/truth/in-memory-providers.ts';

/** What `fetch` fails with, the word that it is told by, and what a person must find in the sentence or the step. */
const losses = [
  { error: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, cause: 'certificate', says: /NODE_EXTRA_CA_CERTS/ },
  { error: { code: 'ENOTFOUND', syscall: 'getaddrinfo' }, cause: 'name', says: /DNS/ },
  { error: { code: 'ECONNREFUSED', syscall: 'connect' }, cause: 'refused', says: /refused/ },
  { error: { code: 'UND_ERR_CONNECT_TIMEOUT' }, cause: 'timeout', says: /in time/ },
] as const;
const uuid = '617a1f8b-59d4-435d-aa33-695433d7155e';

beforeAll(loadProviders);

/** A gateway to one provider that is never reached. */
function unreached(provider: (typeof providerNames)[number], error: object) {
  const log: LogEntry[] = [];
  const clock = new ManualClock(Date.parse('2026-11-22T06:00:00Z'));
  const gateway = createGateway({
    connections: async () => [
      connectionTo(provider, { baseUrl: 'https://nowhere.invalid/v1', apiKey: 'key' }),
    ],
    credentials: credentialFromSettings,
    budgetMs: 30_000,
    fetch: async () => {
      throw new TypeError('fetch failed', { cause: error });
    },
    clock,
    log: (entry) => log.push(entry),
  });
  return { gateway, clock, log };
}

describe.each(providerNames)('where %s cannot be reached', (provider) => {
  test.each(losses)('for the cause $cause, that is told everywhere', async ({ error, cause, says }) => {
    const { gateway, clock, log } = unreached(provider, error);
    const failed = { code: 'provider_unavailable', cause };
    const job = { provider, job_id: missingJobId(provider, uuid) };

    const one = accepted(await clock.until(gateway.cancelJob(job, context)));
    expect(one).toMatchObject({ outcome: 'failed', ...failed, retryable: true });
    expect(`${one.message} ${one.next_step}`).toMatch(says);
    // Its callers cannot set anything on a server; the doctor speaks to the person who can.
    expect(one.next_step?.includes('ask its administrator')).toBe(cause !== 'timeout');

    const jobs = [
      job,
      ...[1, 2, 3, 4, 5, 6].map((n) => ({
        provider,
        job_id: missingJobId(provider, uuid.replace(/e$/, `${n}`)),
      })),
    ];
    const { outcomes } = accepted(await clock.until(gateway.cancelJobs({ jobs }, context)));
    expect(outcomes).toMatchObject(jobs.map(() => ({ outcome: 'failed', ...failed })));

    const sent = accepted(
      await clock.until(gateway.cancelJob({ ...job, send_if_status_unknown: true }, context)),
    );
    expect(sent).toMatchObject({ outcome: 'failed', ...failed });

    const look = accepted(await clock.until(gateway.getJob(job, context)));
    expect(look).toMatchObject(failed);
    expect(JSON.stringify(look)).toMatch(says);

    const { unavailable } = accepted(await clock.until(gateway.listJobs({}, context)));
    expect(unavailable).toMatchObject([{ provider, ...failed, message: expect.stringMatching(says) }]);

    const [connection] = (await gateway.connections()).values();
    const { checks } = await clock.until(diagnose(connection ?? expect.fail('no connection')));
    expect(checks).toMatchObject([{ check: 'key', result: 'not_asked', cause }]);
    expect(checks[0]?.finding).toMatch(says);
    expect(checks[0]?.finding).toContain('https://nowhere.invalid/v1');
    expect(checks[0]?.finding).not.toContain('ask its administrator');

    expect(log).toContainEqual({ level: 'warn', event: 'provider_unreachable', connection: provider, cause });
    expect(log.filter(({ event }) => event === 'provider_unreachable').length).toBeLessThan(4);
  });
});

describe.each(providerNames)('a bug on the way to %s', (provider) => {
  test('is told as one, and not as a provider that did not answer', async () => {
    const log: LogEntry[] = [];
    const gateway = createGateway({
      connections: async () => [
        connectionTo(provider, { baseUrl: 'no URL, which nobody checked', apiKey: 'key' }),
      ],
      credentials: credentialFromSettings,
      budgetMs: 30_000,
      log: (entry) => log.push(entry),
    });
    const job = { provider, job_id: missingJobId(provider, uuid) };
    const outcome = accepted(await gateway.cancelJob(job, context));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'internal', retryable: false });
    expect(outcome).not.toHaveProperty('cause');
    await expect(gateway.getJob(job, context)).rejects.toThrow();
    await expect(gateway.listJobs({ provider }, context)).rejects.toThrow();
    expect(log).toMatchObject([{ level: 'error', event: 'cancel_run_failed' }]);
  });
});
