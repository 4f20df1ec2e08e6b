import { expect } from 'vitest';
import { type ProviderName, type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import { Accounts } from '../../../shared/http/rate-limit/accounts.ts';
import { systemClock } from '../../../shared/lib/clock.ts';
import { accepted, connectionsTo, context, gatewayTo } from '../harness.ts';

/** A sandbox whose PromptLoop keeps to its documented limits, for as long as `work` lasts. */
export async function withSandbox<T>(work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = await startSandbox({ control: false });
  sandbox.providers.promptloop.configure({ documentedLimits: true });
  try {
    return await work(sandbox);
  } finally {
    await sandbox.close();
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Readers at one provider, and the most that a cancel may wait there for its turns: one turn of PromptLoop's list. */
function crowdAt(provider: ProviderName) {
  return provider === 'promptloop' ? { readers: 20, mostMs: 6_120 } : { readers: 10, mostMs: 250 };
}

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

/** So many single cancels, and the milliseconds from one to the next. */
interface Cancels {
  readonly cancels: number;
  readonly everyMs: number;
}

/** Cancels beside readers at one provider: how long each took, and how long it waited for its turns. */
async function cancelBesideReaders(sandbox: Sandbox, provider: ProviderName, { cancels, everyMs }: Cancels) {
  const waits = new Map<symbol, number>();
  const accounts = new Accounts(systemClock, ({ class: turnClass, call }, waitedMs) => {
    if (turnClass === 'cancel' || turnClass === 'check_before')
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
  const reading = Array.from({ length: crowdAt(provider).readers }, () => read(gateway, job, () => isOver));
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

/** The law: of so many single cancels, one every six seconds or as said, none waits for a reader. */
export async function expectNoWaiting(
  provider: ProviderName,
  cancels: number,
  everyMs = 6_000,
): Promise<void> {
  const { alone, beside, waits } = await withSandbox((sandbox) =>
    cancelBesideReaders(sandbox, provider, { cancels, everyMs }),
  );
  const times = beside.map(({ ms }) => Math.round(ms)).toSorted((one, other) => one - other);
  const p95 = waits[Math.floor(waits.length * 0.95)] ?? Number.NaN;
  console.info(
    `${provider}: alone ${alone.ms.toFixed(0)} ms; beside readers ${times.join(' ')}; waited ${waits.join(' ')}`,
  );
  expect(beside).toHaveLength(cancels);
  expect(new Set(beside.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
  expect(p95).toBeLessThan(crowdAt(provider).mostMs);
  expect(times.at(-1)).toBeLessThan(alone.ms + mostLaterMs);
}
