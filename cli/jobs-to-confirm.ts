import { setTimeout } from 'node:timers/promises';
import type { ConfirmationView } from '../shared/cancellation/confirm.ts';
import type { LocalCall } from './local-call.ts';
import { table } from './output.ts';

type Jobs = ConfirmationView['jobs'];

const mostShown = 20;
/** A provider that is slower is not waited for: the question has five minutes in all. */
const patienceMs = 3_000;

/** The first twenty jobs as a table, each as its provider shows it now; where it shows nothing in time, why not. */
export async function jobsToConfirm(jobs: Jobs, { gateway, context }: LocalCall): Promise<string> {
  const shown = jobs.slice(0, mostShown);
  const ending = new AbortController();
  const late = setTimeout(patienceMs, undefined, { ref: false }).then(() => ending.abort());
  const signal = AbortSignal.any([ending.signal, ...(context.signal === undefined ? [] : [context.signal])]);
  const call = { gateway, context: { ...context, signal } };
  const byProvider = Map.groupBy(shown, ({ provider }) => provider).values();
  const looks = await Promise.all([...byProvider].map((share) => look(share, call, late)));
  const seen = new Map(looks.flat());
  const rows = shown.map((job) => [job.provider, job.job_id, ...(seen.get(job) ?? [])]);
  const more = jobs.length > shown.length ? [`… and ${jobs.length - shown.length} more`] : [];
  return [table(['PROVIDER', 'JOB', 'STATE', 'NAME'], rows), ...more].join('\n');
}

/** State and name of jobs at one provider. */
async function look(
  jobs: Jobs,
  { gateway, context }: LocalCall,
  late: Promise<void>,
): Promise<[Jobs[number], string[]][]> {
  const looked = await Promise.race([gateway.lookMany({ jobs }, context), late]);
  return jobs.map((job, index) => {
    if (looked === undefined) return [job, ['unknown (no answer yet)']];
    const seen = looked.ok ? looked.value[index] : undefined;
    if (seen === undefined) return [job, [`unknown (${looked.ok ? 'not seen' : looked.faults[0]?.kind})`]];
    return [
      job,
      'outcome' in seen ? [`unknown (${seen.code ?? seen.outcome})`] : [seen.state, seen.name ?? ''],
    ];
  });
}
