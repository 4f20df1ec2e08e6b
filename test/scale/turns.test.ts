import { expect, test, vi } from 'vitest';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { outcomeSchema } from '../../shared/contract/outcome.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { checkOutcomes } from '../support/check-outcomes.ts';
import {
  accepted,
  connectionsTo,
  context,
  gatewayTo,
  providerLogsOf,
  providerNames,
  settingsFor,
} from '../support/harness.ts';
import { serverFor } from '../support/server.ts';

vi.setConfig({ testTimeout: 300_000 });

async function withSandbox<T>(work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = await startSandbox({ control: false });
  sandbox.providers.promptloop.configure({ documentedLimits: true });
  try {
    return await work(sandbox);
  } finally {
    await sandbox.close();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test.each([
  ['at once', 0],
  ['within three seconds', 90],
])('33 single cancels at PromptLoop %s are all answered truly within 15 s', async (_when, everyMs) => {
  await withSandbox(async (sandbox) => {
    const { promptloop } = sandbox.providers;
    const ids = promptloop.addJobs(33, { state: 'running' });
    const settings = settingsFor(connectionsTo(sandbox));
    const server = await serverFor(settings);
    try {
      const answers = await Promise.all(
        ids.map(async (id, index) => {
          await pause(index * everyMs);
          const began = performance.now();
          const response = await fetch(`${server.url}/v1/providers/promptloop/jobs/${id}/cancel`, {
            method: 'POST',
            headers: { authorization: `Bearer ${settings.token}` },
          });
          return { outcome: outcomeSchema.parse(await response.json()), ms: performance.now() - began };
        }),
      );
      const outcomes = answers.map(({ outcome }) => outcome);
      const longest = Math.max(...answers.map(({ ms }) => ms));
      const asked = outcomes.map(({ provider, job_id }) => ({ provider, job_id }));
      const count = (operation: string) =>
        promptloop.journal.filter((each) => each.operation === operation).length;
      console.info(`${longest.toFixed(0)} ms, ${count('status')} looks, ${count('list')} lists`);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'cancelled'));
      expect(checkOutcomes({ asked, outcomes, witnesses: providerLogsOf(sandbox) })).toEqual([]);
      expect(promptloop.journal.filter(({ status }) => status === 429)).toEqual([]);
      expect(longest).toBeLessThan(15_000);
    } finally {
      await server.stop();
    }
  });
});

/** Readers at one provider, fifty in all, and the most that a cancel may wait there for its turns: one turn of PromptLoop's list. */
const crowds = {
  ionq: { readers: 10, mostMs: 250 },
  promptloop: { readers: 20, mostMs: 6_120 },
  ionworks: { readers: 10, mostMs: 250 },
  sutro: { readers: 10, mostMs: 250 },
} as const;
const everyMs = 6_000;
const cancels = 15;
const mostLaterMs = 2_000;

/** Looks and lists, one after the other, until it is over. */
async function read(
  gateway: Gateway,
  job: { provider: ProviderName; job_id: string },
  isOver: () => boolean,
) {
  for (let count = 0; !isOver(); count += 1) {
    await (count % 2 === 0
      ? gateway.listJobs({ provider: job.provider, limit: 10 }, context)
      : gateway.getJob(job, { ...context, signal: AbortSignal.timeout(5_000) }));
  }
}

/** Cancels beside readers at one provider: how long each took, and how long it waited for its turns. */
async function cancelBesideReaders(sandbox: Sandbox, provider: ProviderName) {
  const waits = new Map<symbol, number>();
  const accounts = new Accounts(systemClock, ({ class: turnClass, call }, waitedMs) => {
    if (turnClass === 'cancel' || turnClass === 'look_before')
      waits.set(call, Math.max(waits.get(call) ?? 0, waitedMs));
  });
  const connections = connectionsTo(sandbox).filter(({ name }) => name === provider);
  const gateway = gatewayTo(sandbox, { accounts, connections });
  const cancelOne = async () => {
    const [job_id] = sandbox.providers[provider].addJobs(1, { state: 'running' });
    const began = performance.now();
    const { outcome } = accepted(await gateway.cancelJob({ provider, job_id }, context));
    return { outcome, ms: performance.now() - began };
  };
  const alone = await cancelOne();
  const job = { provider, job_id: sandbox.providers[provider].addJob({ state: 'running' }) };
  let isOver = false;
  const reading = Array.from({ length: crowds[provider].readers }, () => read(gateway, job, () => isOver));
  const beside = await Promise.all(
    Array.from({ length: cancels }, async (_, each) => {
      await pause(1_000 + each * everyMs);
      return cancelOne();
    }),
  );
  isOver = true;
  await Promise.all(reading);
  return { alone, beside, waits: [...waits.values()].toSorted((one, other) => one - other) };
}

test.concurrent.for(providerNames)(
  'a single cancel every six seconds waits for no reader at %s',
  async (provider, { expect }) => {
    const { alone, beside, waits } = await withSandbox((sandbox) => cancelBesideReaders(sandbox, provider));
    const times = beside.map(({ ms }) => Math.round(ms)).toSorted((one, other) => one - other);
    const p95 = waits[Math.floor(waits.length * 0.95)] ?? Number.NaN;
    console.info(
      `${provider}: alone ${alone.ms.toFixed(0)} ms; beside readers ${times.join(' ')}; waited ${waits.join(' ')}`,
    );
    expect(new Set(beside.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
    expect(p95).toBeLessThan(crowds[provider].mostMs);
    expect(times.at(-1)).toBeLessThan(alone.ms + mostLaterMs);
  },
);
