import * as z from 'zod';
import type { Limits } from '../../sandbox/sandbox.ts';
import { medianOf } from '../figures.ts';
import { type Child, startChild } from '../operations/child.ts';
import { claimSchema } from '../truth/score.ts';
import { ways } from './clients/raw.ts';
import {
  type Judged,
  type ProviderProcess,
  startProviderProcess,
  startServerProcess,
  unlimited,
} from './parts.ts';

/** Who takes part, and up to how many jobs: curl is a process for each job, and loopback has ports for some 28,000 connections. */
export const contestants = ['calloff', ...ways, 'curl'] as const;
export type Contestant = (typeof contestants)[number];
const mostJobs = { calloff: 100_000, loop: 10_000, 'all at once': 10_000, 'pool of 16': 10_000, curl: 1_000 };

/** A provider and how many jobs it has, with a limit or without. */
export interface Setting {
  readonly name: string;
  readonly provider: 'sutro' | 'promptloop';
  readonly jobs: number;
  readonly limits?: Limits;
  readonly rounds: number;
}

/** What one contestant took, a median of the rounds, and what was said in all of them together. */
export interface ManyResult {
  readonly setting: Setting;
  readonly contestant: Contestant;
  readonly ms: number;
  readonly cpuMicros: number;
  readonly judged: Judged;
}

const ranSchema = z.object({
  ms: z.number(),
  cpuMicros: z.number(),
  claims: z.array(z.tuple([z.string(), claimSchema])),
});
interface Round {
  readonly ms: number;
  readonly cpuMicros: number;
  readonly judged: Judged;
}

/**
 * Lets all contestants cancel the jobs of one setting, turn by turn. After `until`, on the monotonic clock, no further round begins;
 * the results say how many there were.
 */
export async function measureMany(setting: Setting, until = Number.POSITIVE_INFINITY): Promise<ManyResult[]> {
  const provider = await startProviderProcess(setting.provider);
  const among = contestants.filter((contestant) => setting.jobs <= mostJobs[contestant]);
  const rounds = new Map(among.map((contestant): [Contestant, Round[]] => [contestant, []]));
  const client = startChild(new URL('./clients/client.ts', import.meta.url));
  let made = 0;
  try {
    for (; made < setting.rounds && (made === 0 || performance.now() < until); made += 1)
      for (const [contestant, all] of rounds)
        all.push(await runOne(contestant, setting, { provider, client }));
  } finally {
    await Promise.all([client.end(), provider.end()]);
  }
  const measured = { ...setting, rounds: made };
  return [...rounds].map(([contestant, all]) => ({ setting: measured, contestant, ...summed(all) }));
}

/** One contestant, once. calloff begins anew each time, and has learned nothing of the limits yet. */
async function runOne(
  way: Contestant,
  { jobs, limits = {} }: Setting,
  { provider, client }: { readonly provider: ProviderProcess; readonly client: Child },
): Promise<Round> {
  const { account } = provider;
  const server = way === 'calloff' ? await startServerProcess(account) : undefined;
  const { url = '', authorization = '' } = server ?? {};
  const run = (ids: readonly string[]) =>
    client.ask('run', { way, account, server: { url, authorization }, ids }, ranSchema);
  try {
    await run(await provider.fill(warmUpJobs, unlimited));
    const ids = await provider.fill(jobs, { ...unlimited, limits });
    const before = await server?.usage();
    const { ms, cpuMicros, claims } = await run(ids);
    const after = await server?.usage();
    const ownMicros = (after?.cpuMicros ?? 0) - (before?.cpuMicros ?? 0);
    return { ms, cpuMicros: cpuMicros + ownMicros, judged: await provider.judge(claims) };
  } finally {
    await server?.stop();
  }
}

/** The jobs that are cancelled first, so that the code is loaded and a connection open: so few that no limit is met. */
const warmUpJobs = 3;

function summed(all: readonly Round[]): Round {
  const sum = (key: keyof Judged) => all.reduce((total, { judged }) => total + judged[key], 0);
  return {
    ms: medianOf(all.map(({ ms }) => ms)),
    cpuMicros: medianOf(all.map(({ cpuMicros }) => cpuMicros)),
    judged: {
      ...{ so: sum('so'), falseCancelled: sum('falseCancelled'), falseFailed: sum('falseFailed') },
      ...{ open: sum('open'), lost: sum('lost'), cancelled: sum('cancelled') },
      ...{ requests: sum('requests'), refused: sum('refused') },
    },
  };
}
