import type { CancelManyReading, ProviderAdapter } from '../adapter/adapter.ts';
import { exchangesOf, type ProviderFixtures } from './fixtures.ts';
import { type Law, probeOf, type Reading, show, violations } from './law.ts';
import { withEvery, withOnePartEdited } from './parts/json-edits.ts';

/** The jobs of which a bulk answer says something, as often as it does. */
function saidIn({ jobIds, others = [] }: Extract<CancelManyReading, { kind: 'accepted' }>): string[] {
  return [...jobIds, ...others.map(({ jobId }) => jobId)];
}

/** What a bulk cancel may be answered with: the bodies of the fixtures, whole and with one part changed. */
function bulkAnswers(fixtures: ProviderFixtures) {
  return exchangesOf(fixtures).flatMap(([, { operation, response }]) => {
    if (operation !== 'cancelMany') return [];
    const parts = [undefined, fixtures.jobId, [fixtures.jobId], [fixtures.otherJobId]];
    const bodies = parts.flatMap((part) => withOnePartEdited(response.body, () => part));
    return [response.body, ...bodies].map((body) => ({ ...response, body }));
  });
}

function saysOneThingOfEachJob({ cancelMany }: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const asked = [fixtures.jobId, fixtures.otherJobId];
  return violations(
    (cancelMany === undefined ? [] : bulkAnswers(fixtures)).map((response) => {
      const reading = cancelMany?.read(response, asked);
      const said = reading?.kind === 'accepted' ? saidIn(reading) : [];
      const isFit = new Set(said).size === said.length && said.every((id) => asked.includes(id));
      return isFit ? undefined : `${show(response.body)} reads as ${show(reading)}`;
    }),
  );
}

function saysSomethingOf(jobId: string, reading: Reading): boolean {
  if (reading.kind === 'accepted') return !('jobIds' in reading) || saidIn(reading).length > 0;
  if (reading.kind === 'page') return reading.jobs.some((job) => job.jobId === jobId);
  return reading.kind === 'seen';
}

function believesNothingOfOtherJobs(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { jobId, otherJobId } = fixtures;
  return violations(
    exchangesOf(fixtures).map(([scenario, exchange]) => {
      const body = withEvery(exchange.response.body, jobId, otherJobId);
      const asked = 'jobIds' in exchange ? { ...exchange, jobIds: [jobId] } : exchange;
      const reading = probeOf(adapter, asked, jobId)?.read({ ...exchange.response, body });
      const namesNoJob = JSON.stringify(body) === JSON.stringify(exchange.response.body);
      if (namesNoJob || reading === undefined || !saysSomethingOf(jobId, reading)) return undefined;
      return `${scenario}: ${exchange.operation} of ${show(body)} reads as ${show(reading)}`;
    }),
  );
}

/** The laws about which jobs an answer is about. */
export const otherJobLaws = [
  { name: 'never takes an answer about another job for this one', check: believesNothingOfOtherJobs },
  {
    name: 'says of each job of a bulk cancel one thing at most, and nothing of a job that was not asked for',
    check: saysOneThingOfEachJob,
  },
] as const satisfies readonly Law[];
