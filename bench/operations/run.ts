import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { heapOptions } from '../../cli/bounded-heap.ts';
import { type OperationView, operationSchema } from '../../shared/contract/answers/operation-schema.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { type Child, startChild } from './child.ts';
import { type Figures, figuresSchema } from './meter.ts';
import { recordedSchema } from './recorded.ts';

/** How one operation is to be measured. */
export interface RunTerms {
  readonly jobs: number;
  readonly seed: number;
  readonly hasFaults: boolean;
  /** Whether the heap of calloff is bounded as that of `calloff serve` is. */
  readonly isBounded: boolean;
  /** The time that is left for it, in milliseconds. */
  readonly leftMs: number;
  readonly folder: string;
}

/** One operation, measured and judged. */
export interface Run {
  readonly jobs: number;
  readonly figures: Figures;
  readonly view: OperationView;
  /** What was asked of each provider, by operation. */
  readonly requests: readonly z.infer<typeof requestsSchema>[number][];
  /** Everything that it said and that is not so, each as a sentence. */
  readonly lies: readonly string[];
}

const jobsSchema = z.array(z.object({ provider: z.string(), job_id: z.string() }));
const requestsSchema = z.array(
  z.object({ provider: z.string(), counts: z.record(z.string(), z.number()), isWhole: z.boolean() }),
);
const nothing = z.undefined();
/** The most jobs in a page of a draft. */
const pageSize = 5_000;
/** The jobs that an operation before it has, so that the code is compiled. */
const warmUpJobs = 1_000;

/** Measures one operation in processes of its own. Rejects if the time is up before it is over. */
export async function runOnce(terms: RunTerms): Promise<Run> {
  const providers = startChild(new URL('./providers.ts', import.meta.url));
  const calloff = startChild(new URL('./calloff.ts', import.meta.url), [
    '--expose-gc',
    ...(terms.isBounded ? heapOptions(process) : []),
  ]);
  const end = () => Promise.all([providers.end(), calloff.end()]);
  const timer = setTimeout(end, terms.leftMs);
  try {
    const connections = await providers.ask('addresses', undefined, z.unknown());
    const folder = await mkdtemp(join(terms.folder, 'run-'));
    await calloff.ask('start', { folder, connections }, nothing);
    await calloff.ask('begin', undefined, nothing);
    // Not at PromptLoop, whose few reads a minute the operation after it needs.
    await cancelAll(
      calloff,
      await fill(providers, { ...terms, jobs: warmUpJobs, seed: 0, promptloop: 0 }),
      0,
    );
    return await measure(providers, calloff, { ...terms, folder });
  } finally {
    clearTimeout(timer);
    await end();
  }
}

async function measure(providers: Child, calloff: Child, terms: RunTerms): Promise<Run> {
  const jobs = await fill(providers, terms);
  await calloff.ask('begin', undefined, nothing);
  const view = await cancelAll(calloff, jobs, 24);
  const figures = await calloff.ask('figures', undefined, figuresSchema);
  const requests = await providers.ask('requests', undefined, requestsSchema);
  const lies = await judgeAll(providers, calloff, jobs, { ...terms, id: view.id });
  await calloff.ask('stop', undefined, nothing);
  return { jobs: terms.jobs, figures, view, requests, lies };
}

function fill(
  providers: Child,
  {
    jobs,
    seed,
    hasFaults,
    promptloop = Math.round(jobs / 100),
  }: Pick<RunTerms, 'jobs' | 'seed' | 'hasFaults'> & { readonly promptloop?: number },
) {
  const third = Math.floor((jobs - promptloop) / 3);
  const counts = { ionq: third, ionworks: third, promptloop, sutro: jobs - promptloop - 2 * third };
  return providers.ask('fill', { jobs: counts, seed, hasFaults }, jobsSchema);
}

/** Creates an operation by pages, starts it, and waits until it has sent everything. */
async function cancelAll(
  calloff: Child,
  jobs: z.infer<typeof jobsSchema>,
  followHours: number,
): Promise<OperationView> {
  const id = await calloff.ask('create', { follow_hours: followHours }, z.string());
  for (let page = 0; page * pageSize < jobs.length; page += 1) {
    const share = jobs.slice(page * pageSize, (page + 1) * pageSize);
    await calloff.ask('page', { id, page: page + 1, jobs: share }, nothing);
  }
  return calloff.ask('run', { id }, operationSchema);
}

async function judgeAll(
  providers: Child,
  calloff: Child,
  jobs: z.infer<typeof jobsSchema>,
  { folder, id }: { readonly folder: string; readonly id: string },
): Promise<string[]> {
  const lies: string[] = [];
  for (const provider of providerIds) {
    const file = join(folder, `${provider}.jsonl`);
    await calloff.ask('outcomes', { id, provider, file }, nothing);
    const ids = jobs.filter((job) => job.provider === provider).map(({ job_id }) => job_id);
    const recorded = await calloff.ask('recorded', { provider }, recordedSchema);
    lies.push(...(await providers.ask('judge', { provider, file, ids, recorded }, z.array(z.string()))));
  }
  return lies;
}
