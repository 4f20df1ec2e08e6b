import type { ConfirmationView } from '../../shared/contract/answers/responses.ts';
import type { State } from '../../shared/contract/outcome.ts';
import { sleep, systemClock } from '../../shared/lib/clock.ts';
import { shortAge } from '../../shared/messages/age.ts';
import type { Call } from '../call.ts';
import { shownState } from '../output/styles.ts';
import { table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

type Jobs = ConfirmationView['jobs'];

const mostShown = 20;
const columns = [
  { title: 'STATE', kind: 'plain' },
  { title: 'PROVIDER', kind: 'id' },
  { title: 'JOB', kind: 'id' },
  { title: 'AGE', kind: 'plain' },
  { title: 'NAME', kind: 'text' },
  { title: 'OWNER', kind: 'text' },
] as const;
/** calloff does not wait longer for a provider: a person waits for the question. */
const patienceMs = 3_000;

/**
 * The first twenty jobs as a table, each as its provider shows it now. If a provider does not answer in time, or shows
 * nothing, its jobs stand there as they were when the confirmation was asked for. `count`: how many jobs there are, if that is more.
 */
export async function jobsToConfirm(
  jobs: Jobs,
  { gateway, context }: Call,
  terminal: Terminal,
  count = jobs.length,
): Promise<string> {
  const shown = jobs.slice(0, mostShown);
  const ending = new AbortController();
  const late = sleep(systemClock, patienceMs, ending.signal).then(() => ending.abort());
  const signal = AbortSignal.any([ending.signal, ...(context.signal === undefined ? [] : [context.signal])]);
  const call = { gateway, context: { ...context, signal } };
  const byProvider = Map.groupBy(shown, ({ provider }) => provider).values();
  const statuses = await Promise.all([...byProvider].map((share) => statusesOf(share, call, late)));
  ending.abort();
  const seen = new Map(statuses.flat());
  const rows = shown.map((job) => {
    const { state, words, name = job.name ?? '' } = seen.get(job) ?? { state: 'unknown', words: '' };
    const age = shortAge(job.created_at, systemClock.wallTime()) ?? '';
    return [shownState(state, terminal, words), job.provider, job.job_id, age, name, job.owner ?? ''];
  });
  const more = count > shown.length ? [`… and ${count - shown.length} more`] : [];
  return [table(columns, rows, terminal), ...more].join('\n');
}

/** What is known of a job now: its state, that in words, and its name. */
interface Seen {
  readonly state: State;
  readonly words: string;
  readonly name?: string | undefined;
}

/** State and name of jobs at one provider. */
async function statusesOf(
  jobs: Jobs,
  { gateway, context }: Call,
  late: Promise<void>,
): Promise<[Jobs[number], Seen][]> {
  const named = jobs.map(({ provider, job_id }) => ({ provider, job_id }));
  const looked = await Promise.race([gateway.getJobs({ jobs: named }, context), late]);
  return jobs.map((job, index) => {
    if (looked === undefined) return [job, earlier(job, 'no answer yet')];
    const seen = looked.ok ? looked.value[index] : undefined;
    if (seen === undefined)
      return [job, earlier(job, looked.ok ? 'not seen' : (looked.faults[0]?.kind ?? 'not seen'))];
    if ('outcome' in seen) return [job, earlier(job, seen.code ?? seen.outcome)];
    const { state, name } = seen;
    return [job, { state, words: since(job, state), name }];
  });
}

/** The state now, and the one at the time of the request if that was another. */
function since({ state: was }: Jobs[number], state: string): string {
  return was === undefined || was === state ? state : `${state} (was ${was})`;
}

/** The state at the time of the request, or that it is unknown, and why it is not known now. The mark is that of `unknown`. */
function earlier({ state }: Jobs[number], why: string): Seen {
  return { state: 'unknown', words: state === undefined ? `unknown (${why})` : `was ${state} (${why})` };
}
