import type { JobView } from '../../../shared/contract/job.ts';
import { ageInWords } from '../../../shared/messages/age.ts';
import type { JobReference } from '../tasks/task.ts';
import { stateInWords } from '../wording.ts';
import { inCode, inPlain } from './escape.ts';

/** What is known of a job when it is shown: a view of it, or as much of one as there is. */
export type JobSeen = JobReference & Pick<JobView, 'state'> & Partial<Pick<JobView, 'name' | 'created_at'>>;

/** What a job is called, in parts of one line: its provider, its id, its name. */
export function jobParts({ provider, job_id, name }: JobReference & { readonly name?: string | undefined }) {
  return [inPlain(provider), inCode(job_id, 200), ...(name === undefined ? [] : [inCode(name, 60)])];
}

/** One job in one line, with its state and age. */
export function jobLine(job: JobSeen, now: number): string {
  return joined([...jobParts(job), stateInWords(job.state), ageInWords(job.created_at, now)]);
}

/** Parts of a line, those that are there. */
export function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' · ');
}
