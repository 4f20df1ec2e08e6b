import * as z from 'zod';
import type { Action, Caller } from '../access/caller.ts';
import { mayDoAnything } from '../access/policy.ts';
import { pathOf } from '../json.ts';
import type { Cause } from '../outcome.ts';
import type { Connection } from './connection.ts';
import { deniedMessage, deniedStep } from './wording.ts';

/**
 * One thing wrong with a request: where it is (`jobs[3].job_id`), what kind of fault, and what would be right. `denied`
 * and `rate_limited` are about the caller, `confirmation` about the one that was presented, `unavailable` about us.
 */
export interface Fault {
  readonly path: string;
  readonly kind: 'invalid' | 'unknown_provider' | 'denied' | 'rate_limited' | 'confirmation' | 'unavailable';
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
  /** With `unavailable`, where it is known. */
  readonly cause?: Cause | undefined;
}

/** A request that may be carried out, or every fault that was found in it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A job that may be asked for: its connection exists and its id is canonical. */
export interface Target {
  readonly connection: Connection;
  readonly jobId: string;
}

/** What a request is read by: the connections that there are, and who asks. */
export interface Known {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly caller: Caller;
}

const longestMessage = 300;

/** Reads foreign input by a schema and lists every fault. */
export function readInput<T>(schema: z.ZodType<T>, input: unknown): Checked<T> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const faults = result.error.issues.map(
    ({ path, message }): Fault => ({
      path: pathOf(path),
      kind: 'invalid',
      message: message.toWellFormed().slice(0, longestMessage),
    }),
  );
  return { ok: false, faults };
}

/** A request that was read, and the jobs it names. */
export interface Read<T> {
  readonly request: T;
  readonly targets: readonly Target[];
}

const looseJob = z.object({ provider: z.string(), job_id: z.string() });
const looseJobs = z.object({ jobs: z.array(looseJob) });

/** Reads a request about one job. @see readJobsRequest */
export function readJobRequest<T>(schema: z.ZodType<T>, input: unknown, known: Known): Checked<Read<T>> {
  const { data } = looseJob.safeParse(input);
  return join(
    readInput(schema, input),
    findTargets(data === undefined ? [] : [data], known, () => ''),
  );
}

/** Reads a request about many jobs: its shape, their connections and ids. One fault refuses it whole, and all are listed. */
export function readJobsRequest<T>(schema: z.ZodType<T>, input: unknown, known: Known): Checked<Read<T>> {
  const jobs = looseJobs.safeParse(input).data?.jobs ?? [];
  return join(
    readInput(schema, input),
    findTargets(jobs, known, (index) => `jobs[${index}].`),
  );
}

function join<T>(request: Checked<T>, targets: Checked<Target[]>): Checked<Read<T>> {
  if (request.ok && targets.ok)
    return { ok: true, value: { request: request.value, targets: targets.value } };
  return {
    ok: false,
    faults: [...(request.ok ? [] : request.faults), ...(targets.ok ? [] : targets.faults)],
  };
}

/** Finds the connection and the canonical id of every job named. */
function findTargets(
  jobs: readonly { readonly provider: string; readonly job_id: string }[],
  known: Known,
  pathTo: (index: number) => string,
): Checked<Target[]> {
  const faults: Fault[] = [];
  const targets: Target[] = [];
  for (const [index, { provider, job_id }] of jobs.entries()) {
    const connection = known.connections.get(provider);
    if (connection === undefined) {
      faults.push(unknownProvider(`${pathTo(index)}provider`, known));
      continue;
    }
    const id = readInput(connection.adapter.jobId, job_id);
    if (id.ok) targets.push({ connection, jobId: id.value });
    else faults.push(...id.faults.map((fault) => ({ ...fault, path: `${pathTo(index)}job_id` })));
  }
  return faults.length === 0 ? { ok: true, value: targets } : { ok: false, faults };
}

/** A request with one fault. */
export function faulty(fault: Fault): Checked<never> {
  return { ok: false, faults: [fault] };
}

/** A request that cannot be carried out as it is written. */
export function invalid(path: string, message: string): Checked<never> {
  return faulty({ path, kind: 'invalid', message });
}

/** A request for what one has no right to. */
export function denied(action: Action, path = ''): Checked<never> {
  return faulty({ path, kind: 'denied', message: `${deniedMessage(action)} ${deniedStep}` });
}

/** The fault of naming a connection that does not exist. Tells of those at which the caller may do something. */
export function unknownProvider(path: string, { connections, caller }: Known): Fault {
  const names = [...connections.keys()].filter((name) => mayDoAnything(caller, name));
  const message = names.length === 0 ? 'names no connection of yours' : `must be one of ${names.join(', ')}`;
  return { path, kind: 'unknown_provider', message };
}
