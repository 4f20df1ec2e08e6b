import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { waitedForProcessorMs } from './waited-for-processor.ts';

/**
 * Loaded before a program with `--import`: measures how long its main thread keeps the event loop from turning, from the
 * message `begin` to the message `end`, and sends what it found. Threads of the program load it too, and are not measured:
 * for them time passes `STALL_PROBE_HASTE` times as fast, so that a test need not wait until they give something up.
 */
const tickMs = 5;
const send = process.send?.bind(process);
const { STALL_PROBE_HASTE: haste = '1' } = process.env;
if (!isMainThread) hasten(Number(haste));
else if (send !== undefined) watch((message) => send(message));

function hasten(times: number): void {
  const now = performance.now.bind(performance);
  performance.now = () => now() * times;
}

/** From when to when, in milliseconds by the clock of `performance`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A time in which the loop did not turn, for how much of it the thread had a processor, and how long it waited for one. */
interface Gap extends Span {
  readonly workedMs: number;
  readonly queuedMs: number;
}

/** The longest that the loop did not turn, in milliseconds. */
interface Stall {
  /** As `monitorEventLoopDelay` saw it. */
  readonly rawMs: number;
  /** Less the time in which garbage was collected, or others had the processors. */
  readonly ms: number;
  /** The most that the thread worked in one turn, less the same. */
  readonly workedMs: number;
}

function watch(report: (stall: Stall) => void): void {
  const delay = monitorEventLoopDelay({ resolution: tickMs });
  let gaps: Gap[] = [];
  let collections: Span[] = [];
  let last = performance.now();
  let worked = workedSoFarMs();
  let queued = queuedSoFarMs();
  const keep = (entries: readonly { readonly startTime: number; readonly duration: number }[]) =>
    collections.push(
      ...entries.map(({ startTime, duration }) => ({ from: startTime, to: startTime + duration })),
    );
  const collecting = new PerformanceObserver((list) => keep(list.getEntries()));
  collecting.observe({ entryTypes: ['gc'] });
  setInterval(() => {
    const now = performance.now();
    const workedNow = workedSoFarMs();
    const queuedNow = queuedSoFarMs();
    if (now - last > 3 * tickMs)
      gaps.push({ from: last, to: now, workedMs: workedNow - worked, queuedMs: queuedNow - queued });
    last = now;
    worked = workedNow;
    queued = queuedNow;
  }, tickMs).unref();

  process.on('message', (message) => {
    if (message === 'begin') {
      gaps = [];
      collections = [];
      last = performance.now();
      worked = workedSoFarMs();
      queued = queuedSoFarMs();
      delay.enable();
      delay.reset();
    }
    // What was measured last is there a few turns later.
    if (message === 'end') setTimeout(finish, 10 * tickMs);
  });
  process.channel?.unref();

  function finish(): void {
    keep(collecting.takeRecords());
    const collectedMs = (gap: Gap) => sum(collections.map((one) => overlap(gap, one)));
    report({
      rawMs: Math.max(0, delay.max / 1e6 - tickMs),
      ms: Math.max(0, ...gaps.map((gap) => gap.to - gap.from - tickMs - gap.queuedMs - collectedMs(gap))),
      workedMs: Math.max(0, ...gaps.map((gap) => gap.workedMs - collectedMs(gap))),
    });
    delay.disable();
  }
}

function workedSoFarMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function queuedSoFarMs(): number {
  return waitedForProcessorMs(process.pid) ?? 0;
}

function overlap(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
