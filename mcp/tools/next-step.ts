import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';

/** The most jobs that a step names at one provider. */
const mostNamed = 20;

/** The most characters of quoted ids in a step, over all providers: a model pays for them twice. */
const mostIdCharacters = 400;

/** The first ids, in quotes, as many as fit. */
function idsWithin(jobs: readonly Outcome[], characters: number): string[] {
  const quoted = jobs.slice(0, mostNamed).map(({ job_id }) => `"${job_id}"`);
  let left = characters;
  const tooFar = quoted.findIndex((id) => {
    left -= id.length + ', '.length;
    return left < 0;
  });
  return tooFar === -1 ? quoted : quoted.slice(0, tooFar);
}

/** What a model can do about jobs without a final state: check them again with the tool that reads. */
export function toolStepOf(outcomes: readonly Outcome[]): string | undefined {
  const open = outcomes.filter(
    ({ outcome, gone }) => (outcome === 'cancelling' && !gone) || outcome === 'unknown',
  );
  const byProvider = [...Map.groupBy(open, ({ provider }) => provider)];
  const steps = byProvider.map(([provider, jobs]) => {
    const named = idsWithin(jobs, mostIdCharacters / byProvider.length);
    const left = jobs.length - named.length;
    const ids = named.length === 0 ? `the ids you gave (${left} jobs)` : `ids [${named.join(', ')}]`;
    const more = named.length === 0 || left === 0 ? '' : ` (and ${left} more)`;
    return `call list_jobs with provider "${provider}" and ${ids}${more} in 30 s`;
  });
  return steps.length === 0 ? undefined : `${steps.join('; ')}.`;
}
