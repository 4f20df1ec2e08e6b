import { isObject } from '../lib/json.ts';

/** An entry of a list of jobs as callers write it. */
export interface JobEntry {
  readonly provider: string;
  readonly job_id: string;
}

/** Whether a value names a job. Other properties do not matter. */
export function namesJob(entry: unknown): entry is JobEntry {
  if (!isObject(entry)) return false;
  const { provider, job_id } = entry;
  return typeof provider === 'string' && typeof job_id === 'string';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The list of jobs in an input, if it has one. */
export function jobsIn(input: unknown): readonly unknown[] {
  const { jobs }: { readonly jobs?: unknown } = isObject(input) ? input : {};
  return isList(jobs) ? jobs : [];
}

/** How many faults a schema would find in the shape of an entry. */
export function faultsOfShape(entry: unknown): number {
  if (!isObject(entry)) return 1;
  const { provider, job_id, ...others } = entry;
  const wrong = [provider, job_id].filter((word) => typeof word !== 'string').length;
  return wrong + (Object.keys(others).length > 0 ? 1 : 0);
}

/**
 * An input whose list of jobs is cut before a schema would find far more than `most` faults in it: to word thousands of
 * faults that are never shown would block the process. `rest`: the number of faults in the entries that were cut off.
 */
export function limitFaults(
  input: unknown,
  most: number,
): { readonly judged: unknown; readonly rest: number } {
  const all = { judged: input, rest: 0 };
  const jobs = jobsIn(input);
  if (!isObject(input) || jobs.length === 0) return all;
  let found = 0;
  const end = jobs.findIndex((entry) => {
    found += faultsOfShape(entry);
    return found > most;
  });
  if (end === -1) return all;
  const rest = jobs.slice(end + 1).reduce((sum: number, entry) => sum + faultsOfShape(entry), 0);
  return { judged: { ...input, jobs: jobs.slice(0, end + 1) }, rest };
}
