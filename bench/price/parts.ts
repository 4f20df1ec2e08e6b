import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { heapOptions } from '../../cli/bounded-heap.ts';
import type { Limits } from '../../sandbox/sandbox.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { newToken, pepper } from '../../test/support/configuration.ts';
import { bareEnvironment } from '../../test/support/process/run.ts';
import { freshFolder } from '../../test/support/process/temporary.ts';
import { type Child, startChild } from '../operations/child.ts';
import type { Account } from '../truth/contestant.ts';

const accountSchema = z.object({ provider: z.enum(providerIds), baseUrl: z.string(), apiKey: z.string() });
const judgedSchema = z.object({
  ...{ so: z.number(), falseCancelled: z.number(), falseFailed: z.number(), open: z.number() },
  ...{ lost: z.number(), cancelled: z.number(), requests: z.number(), refused: z.number() },
});
/** How many claims were worth what, how many requests the provider had, and how many of them it refused for their pace. */
export type Judged = z.infer<typeof judgedSchema>;

/** How a provider answers: after how many milliseconds, and within which limits. */
export interface Manner {
  readonly delayMs: number;
  readonly limits: Limits;
}

/** A provider that answers at once, and has no limits. */
export const unlimited: Manner = { delayMs: 0, limits: {} };

/** A pretend provider in a process of its own. */
export interface ProviderProcess {
  readonly account: Account;
  /** Forgets everything, and has so many new jobs. */
  fill(jobs: number, manner: Manner): Promise<readonly string[]>;
  judge(claims: readonly (readonly [string, string])[]): Promise<Judged>;
  end(): Promise<void>;
}

/** Starts a pretend provider. */
export async function startProviderProcess(provider: Account['provider']): Promise<ProviderProcess> {
  const child = startChild(new URL('./provider.ts', import.meta.url));
  const account = await child.ask('open', { provider }, accountSchema);
  return {
    account,
    fill: (jobs, manner) => child.ask('fill', { jobs, ...manner }, z.array(z.string())),
    judge: (claims) => child.ask('judge', claims, judgedSchema),
    end: child.end,
  };
}

const usageSchema = z.object({ cpuMicros: z.number(), rss: z.number() });
/** What a process took so far: processor time in microseconds, and memory in bytes. */
export type Usage = z.infer<typeof usageSchema>;

/** `calloff serve` in a process of its own, with one connection that has the name of its provider. */
export interface ServerProcess {
  readonly url: string;
  readonly authorization: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** Starts calloff for one account, with a program as its only caller. Its log is written nowhere. */
export async function startServerProcess(account: Account): Promise<ServerProcess> {
  const { authorization, environment } = await settingsFor(account);
  Object.assign(process.env, environment, { PORT: '0' });
  const child: Child = startChild(new URL('./server.ts', import.meta.url), heapOptions(process), 'ignore');
  const url = await child.ask('start', undefined, z.string());
  return {
    url,
    authorization,
    usage: () => child.ask('usage', undefined, usageSchema),
    async stop() {
      await child.ask('stop', undefined, z.undefined());
      await child.end();
    },
  };
}

/** A token, and the environment of a calloff that knows it and one account. */
export async function settingsFor({ provider, baseUrl, apiKey }: Account) {
  const { authorization, entry } = newToken();
  const may = { connections: ['*'], actions: ['list', 'cancel'], cancels_per_minute: 100_000 };
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'calloff.json');
  const connections = { [provider]: { provider, base_url: baseUrl, api_key: apiKey } };
  const callers = { ada: { kind: 'program', tokens: [entry], may } };
  await writeFile(
    path,
    JSON.stringify({ connections, callers, stdio: { may: { ...may, confirm_above: 10_000 } } }),
  );
  const own = { CALLOFF_CONFIG: path, CALLOFF_PEPPER: pepper };
  return { authorization, environment: bareEnvironment(own) };
}
