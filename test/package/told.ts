import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { digestSchema } from '../../mcp/tools/bulk-result.ts';
import { twins, usualTwins } from '../../sandbox/providers/index.ts';
import type { ProviderName, Sandbox } from '../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import type { OutcomeName } from '../../shared/contract/outcome.ts';
import type { Answer } from '../support/surfaces/mcp-client.ts';

/** A job as a caller names it. */
export interface NamedJob {
  readonly provider: ProviderName;
  readonly job_id: string;
}

/** What has to be said of a job, by what its pretend provider knows. */
export interface Expected extends NamedJob {
  readonly outcome: OutcomeName;
  /** The true state; `unknown` where there is no such job. */
  readonly state: string;
}

/** Puts fifty jobs into each provider: live ones, ones that are over, one it never had, and three that will not stop. */
export function stageJobs({ providers }: Sandbox): NamedJob[] {
  return usualTwins.flatMap((name) => {
    const provider = providers[name];
    provider.reset();
    const [lost = '', refused = '', deaf = ''] = provider.addJobs(3, { state: 'running' });
    const operations = ['cancel', 'cancelMany'] as const;
    provider.setFault({ kind: 'status', status: 500, operations, jobIds: [lost] });
    provider.setFault({ kind: 'status', status: 409, operations, jobIds: [refused] });
    provider.setFault({ kind: 'says_yes_keeps_running', jobIds: [deaf] });
    const ids = [
      ...[lost, refused, deaf, randomUUID()],
      ...provider.addJobs(33, { state: 'running' }),
      ...provider.addJobs(6, { state: 'queued' }),
      ...provider.addJobs(3, { state: 'completed' }),
      ...provider.addJobs(2, { state: 'failed' }),
      ...provider.addJobs(2, { state: 'cancelled' }),
    ];
    return ids.map((job_id) => ({ provider: name, job_id }));
  });
}

/** The outcome that follows from the truth about a job and, where it still runs, from how its cancels were answered. */
export function expectedOf({ provider, job_id }: NamedJob, { providers }: Sandbox): Expected {
  const truth = providers[provider].job(job_id);
  const state = truth?.state ?? 'unknown';
  return { provider, job_id, state, outcome: outcome() };

  function outcome(): OutcomeName {
    if (truth === undefined) return 'not_found';
    if (state === 'completed' || state === 'failed') return 'already_finished';
    if (state === 'cancelled') return truth.cancelRequests > 0 ? 'cancelled' : 'already_cancelled';
    const answers = providers[provider].journal
      .filter(({ operation, jobIds }) => operation.startsWith('cancel') && jobIds.includes(job_id))
      .map(({ status }) => status);
    if (answers.some((status) => typeof status === 'number' && status < 300)) return 'cancelling';
    if (answers.includes(500)) return 'unknown';
    // From a provider that does not document it, a 409 is an answer like any other that nobody expects.
    const twin: TwinFacts = twins[provider];
    return twin.refusalStatus === 409 ? 'refused' : 'failed';
  }
}

const singleSchema = z.object({
  provider: z.string(),
  job_id: z.string(),
  outcome: z.string(),
  state: z.string(),
});

/** Every false word about one job, in structure or text. */
export function singleLies({ structured, text, isError }: Answer, expected: Expected): string[] {
  const { outcome, state, provider, job_id } = expected;
  const said = singleSchema.parse(structured);
  return [
    ...liesOfOne(said, expected),
    ...missing(text, [`${outcome}: ${provider} ${job_id}:`, `State: ${state}`]),
    ...(isError ? ['is called a failure'] : []),
  ];
}

/** Jobs of which a person should hear first: they did not come out as asked, and are not over. */
const unsettled: readonly OutcomeName[] = ['unknown', 'failed', 'refused', 'cancelling', 'not_found'];

/** Every false word about many jobs, in structure or text. */
export function bulkLies({ structured, text, isError }: Answer, expected: readonly Expected[]): string[] {
  const said = digestSchema.parse(structured);
  const counts = Object.entries(Object.groupBy(expected, ({ outcome }) => outcome)).map(
    ([name, jobs]) => [name, jobs?.length ?? 0] as const,
  );
  return [
    ...liesInDigest(said, counts, expected),
    ...liesInText(text, said, counts, expected),
    ...(isError ? ['is called a failure'] : []),
  ];
}

type Digest = z.infer<typeof digestSchema>;
type Counts = readonly (readonly [name: string, count: number])[];

function liesInDigest(said: Digest, counts: Counts, expected: readonly Expected[]): string[] {
  const byId = new Map(expected.map((each) => [each.job_id, each]));
  const shown = new Set(said.outcomes.map(({ job_id }) => job_id));
  const counted = Object.entries(said.counts).filter(([, count]) => count > 0);
  return [
    ...(sorted(counted) === sorted(counts) ? [] : [`counts ${sorted(counted)}`]),
    ...said.outcomes.flatMap((each) => liesOfOne(each, byId.get(each.job_id))),
    ...expected
      .filter(({ outcome, job_id }) => unsettled.includes(outcome) && !shown.has(job_id))
      .map(({ provider, job_id }) => `does not show ${provider} ${job_id}`),
    ...(said.omitted === expected.length - shown.size ? [] : [`omits ${said.omitted}`]),
  ];
}

function liesInText(text: string, said: Digest, counts: Counts, expected: readonly Expected[]): string[] {
  const [first = '', ...lines] = text.split('\n');
  const counted = [...first.matchAll(/(\d+) ([a-z_]+)/g)].map(
    ([, count = '', name = '']) => [name, Number(count)] as const,
  );
  const steps = lines.filter((line) => line.startsWith('Next: '));
  return [
    ...(sorted(counted) === sorted([['jobs', expected.length], ...counts]) ? [] : [`begins ${first}`]),
    ...missing(lines.join('\n'), [
      ...said.outcomes.map(
        ({ outcome, code, provider, job_id, state }) =>
          `${outcome}${code === undefined ? '' : ` (${code})`}: ${provider} ${job_id} (${state})`,
      ),
      `… and ${said.omitted} more.`,
      ...said.notes,
    ]),
    ...missing(
      lines.join('\n'),
      expected.filter(isOpen).map(({ job_id }) => job_id),
    ),
    ...missing(
      steps.join('\n'),
      expected.filter(isOpen).map(({ provider }) => `call list_jobs with provider "${provider}" and ids ["`),
    ),
  ];
}

function isOpen({ outcome }: Expected): boolean {
  return outcome === 'cancelling' || outcome === 'unknown';
}

/** A state may be called unknown where a provider does not tell it, but an end has to be named. */
function liesOfOne(said: z.infer<typeof singleSchema>, expected: Expected | undefined): string[] {
  if (expected === undefined) return [`tells of ${said.job_id}, which nobody asked for`];
  const silent = said.state === 'unknown' && expected.state === 'running';
  return said.outcome === expected.outcome && (silent || said.state === expected.state)
    ? []
    : [`${said.provider} ${said.job_id}: ${said.outcome} (${said.state}), truly ${JSON.stringify(expected)}`];
}

function missing(text: string, needed: readonly string[]): string[] {
  return needed.filter((each) => !text.includes(each)).map((each) => `text lacks: ${each}`);
}

function sorted(counts: Counts): string {
  return JSON.stringify([...counts].sort(([one], [other]) => one.localeCompare(other)));
}
