import type { JobView } from '../../../shared/contract/answers/job-schema.ts';
import { costInWords, labelsInWords } from '../../../shared/contract/job.ts';
import { ageInWords, askedInWords } from '../../../shared/messages/age.ts';
import type { JobReference } from '../tasks/task.ts';
import { stateBefore, stateInWords } from '../wording/outcomes.ts';
import { inCode, inPlain } from './escape.ts';

/** A job as a card shows it: a view of it, or as much of one as is known. */
export type JobSeen = JobReference &
  Pick<JobView, 'state'> &
  Partial<Pick<JobView, 'name' | 'owner' | 'target' | 'labels' | 'cost' | 'created_at' | 'asked'>> & {
    /** The state at the time of the request, if that was another. */
    readonly was?: JobView['state'] | undefined;
  };

/** A job's provider, id and name, as parts of one line. */
export function jobParts({ provider, job_id, name }: JobReference & { readonly name?: string | undefined }) {
  return [inPlain(provider), inCode(job_id, 200), ...(name === undefined ? [] : [inCode(name, 60)])];
}

/** One job in one line, with its state and age. */
export function jobLine(job: JobSeen, now: number): string {
  const age = ageInWords(job.created_at, now);
  const labels = labelsInWords(job);
  return joined([
    ...[...jobParts(job), stateNow(job), age],
    job.owner && `by ${inCode(job.owner, 40)}`,
    job.target && `on ${inCode(job.target, 40)}`,
    labels && inCode(labels, 60),
    ...[costInWords(job), askedInWords(job, now)],
  ]);
}

function stateNow({ state, was }: JobSeen): string {
  return was === undefined ? stateInWords(state) : `${stateInWords(state)} (${stateBefore(was)})`;
}

/** A line of the parts that are present. */
export function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' · ');
}
