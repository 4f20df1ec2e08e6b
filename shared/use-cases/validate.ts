import type * as z from 'zod';
import type { Action, Caller } from '../access/caller.ts';
import type { ConfirmationFault } from '../access/confirmation/types.ts';
import { canDoAnything } from '../access/policy.ts';
import { type JobEntry, jobsIn, limitFaults, namesJob } from '../contract/job-entries.ts';
import { providerIds } from '../contract/provider-ids.ts';
import { type HowToCancel, mostJobs } from '../contract/requests.ts';
import { type Fault, faulty, invalid, type Result } from '../contract/result.ts';
import type { Connection, Target } from '../engine/connection.ts';
import { pathOf } from '../lib/json.ts';
import { escaped, trimInvisible } from '../lib/names.ts';
import { confirmationMessages, confirmationNextSteps } from '../messages/confirmation.ts';
import { deniedMessage, deniedStep, moreFaultsMessage, tooManyEntriesMessage } from '../messages/faults.ts';

/** What a request is checked against: the connections and the caller. */
export interface Lookup {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly caller: Caller;
}

const longestMessage = 300;
const longestShownWord = 60;

/** The most faults that an answer lists; of further ones it says how many there are. */
const mostFaults = 100;

/** A fault that is only counted, because a hundred are listed before it. */
const uncounted: Fault = {
  path: 'jobs',
  kind: 'invalid',
  message: 'has more entries that do not name a job',
};

/** Checks input against a schema and lists its faults, up to {@link mostFaults}. */
export function readInput<T>(schema: z.ZodType<T>, input: unknown): Result<T> {
  const { judged, rest } = limitFaults(input, mostFaults);
  const result = schema.safeParse(judged);
  if (result.success && rest === 0) return { ok: true, value: result.data };
  const faults = (result.error?.issues ?? []).map(
    ({ path, message }): Fault => ({
      path: pathOf(path),
      kind: 'invalid',
      message: message.toWellFormed().slice(0, longestMessage),
    }),
  );
  return { ok: false, faults: [...faults, ...Array<Fault>(rest).fill(uncounted)] };
}

/** The faults that an answer lists: the first hundred, and one that says how many more there are. */
export function toldFaults(faults: readonly Fault[]): Fault[] {
  const shown = faults.slice(0, mostFaults);
  const rest = faults.length - shown.length;
  return rest === 0 ? shown : [...shown, { path: '', kind: 'invalid', message: moreFaultsMessage(rest) }];
}

/** A checked request, and the jobs that it names. */
export interface ReadRequest<T> {
  readonly request: T;
  readonly targets: readonly Target[];
}

/** Checks a request about one job. @see readJobsRequest */
export function readJobRequest<T>(
  schema: z.ZodType<T>,
  input: unknown,
  known: Lookup,
): Result<ReadRequest<T>> {
  return join(
    readInput(schema, input),
    findTargets(namesJob(input) ? [input] : [], known, () => ''),
  );
}

/** Checks a request about many jobs: its shape, their connections and ids. One fault refuses the whole request; all are listed. */
export function readJobsRequest<T>(
  schema: z.ZodType<T>,
  input: unknown,
  known: Lookup,
): Result<ReadRequest<T>> {
  const jobs = jobsIn(input);
  // The number of entries is checked first: to check each entry takes time and memory.
  if (jobs.length > mostJobs) return invalid('jobs', tooManyEntriesMessage(mostJobs));
  return join(
    readInput(schema, input),
    findTargets(jobs.every(namesJob) ? jobs : [], known, (index) => `jobs[${index}].`),
  );
}

function join<T>(request: Result<T>, targets: Result<Target[]>): Result<ReadRequest<T>> {
  if (request.ok && targets.ok)
    return { ok: true, value: { request: request.value, targets: targets.value } };
  const faults = [...(request.ok ? [] : request.faults), ...(targets.ok ? [] : targets.faults)];
  return { ok: false, faults };
}

/** Finds the connection and the canonical id of every named job. */
function findTargets(
  jobs: readonly JobEntry[],
  known: Lookup,
  pathTo: (index: number) => string,
): Result<Target[]> {
  const faults: Fault[] = [];
  const targets: Target[] = [];
  for (const [index, { provider, job_id }] of jobs.entries()) {
    const connection = known.connections.get(trimInvisible(provider));
    if (connection === undefined) {
      const fault = unknownProvider(`${pathTo(index)}provider`, provider, known);
      faults.push({ ...fault, message: withGiven(fault.message, provider) });
      continue;
    }
    const id = readInput(connection.adapter.jobId, trimInvisible(job_id));
    if (id.ok) targets.push({ connection, jobId: id.value });
    else
      for (const { message, kind } of id.faults)
        faults.push({ path: `${pathTo(index)}job_id`, kind, message: withGiven(message, job_id) });
  }
  return faults.length === 0 ? { ok: true, value: targets } : { ok: false, faults };
}

/** What is wrong with a word, and the escaped word if it has invisible characters. */
function withGiven(message: string, given: string): string {
  const at = given.search(/[^\x21-\x7e]/);
  if (at === -1) return message;
  const from = Math.max(0, at - longestShownWord / 2);
  return `${message}; it is ${escaped(given.slice(from, from + longestShownWord))}`;
}

/** The one confirmation that a request may present. */
export function claimIn(
  { confirmation_token, confirmation_id }: Pick<HowToCancel, 'confirmation_token' | 'confirmation_id'>,
  excluded: readonly string[] = [],
): Result<string | undefined> {
  const claim = confirmation_token ?? confirmation_id;
  if (confirmation_token !== undefined && confirmation_id !== undefined)
    return invalid('confirmation_id', 'cannot be combined with confirmation_token');
  const [other] = claim === undefined ? [] : excluded;
  return other === undefined
    ? { ok: true, value: claim }
    : invalid(other, 'cannot be combined with a confirmation, which is for exactly the jobs that were shown');
}

/** The failure of a request that the caller has no right to make. */
export function denied(action: Action, path = ''): Result<never> {
  const message = `${deniedMessage(action)} ${deniedStep}`;
  return faulty({ path, kind: 'denied', message, step: deniedStep });
}

/** The fault of naming an unknown connection. It lists the connections where the caller has a right. */
export function unknownProvider(path: string, asked: string, { connections, caller }: Lookup): Fault {
  const names = [...connections.keys()].filter((name) => canDoAnything(caller, name));
  const message =
    names.length === 0 ? 'is not a connection that you may use' : `must be one of ${names.join(', ')}`;
  const isProvider = providerIds.some((id) => id === asked);
  const unserved = `; calloff serves ${asked} only if CALLOFF_CONNECTIONS or the configuration file names it`;
  return { path, kind: 'unknown_provider', message: `${message}${isProvider ? unserved : ''}` };
}

/** The fault of a confirmation that is not valid. */
export function confirmationFaultOf(fault: ConfirmationFault): Fault {
  const step = confirmationNextSteps[fault];
  return {
    path: 'confirmation',
    kind: 'confirmation',
    message: `${confirmationMessages[fault]} ${step}`,
    step,
  };
}
