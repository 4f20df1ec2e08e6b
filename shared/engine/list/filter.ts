import type { JobList, JobSnapshot } from '../../adapter/adapter.ts';
import { attributesOf } from '../../adapter/attributes.ts';
import { type State, states } from '../../contract/outcome.ts';
import type { FindRequest } from '../../contract/requests.ts';
import { containsName } from '../../lib/names.ts';
import { judgeLabel, judgeNames, judgeText, type Match } from '../../lib/wildcard.ts';
import { type UnansweredFilter, unansweredFilters } from '../../messages/list.ts';

/** The filter of a list. Ages are counted from `now`, in milliseconds since the epoch. */
export interface Filter
  extends Pick<FindRequest, 'state' | 'name' | 'owner' | 'target' | 'label' | 'older_than' | 'newer_than'> {
  readonly now: number;
}

/** Whether a job matches, or which filter cannot be judged because the provider does not show what it needs. */
export type FilterMatch = 'yes' | 'no' | UnansweredFilter;

/** Matches a job by what it is called, whose it is, what it runs on and its age. If one filter excludes it, the others do not matter. */
export function matchFilter(job: JobSnapshot, filter: Filter): FilterMatch {
  const shown = attributesOf(job);
  const judged: Record<UnansweredFilter, Match> = {
    name: judgeName(job, shown.name, filter),
    owner: judge(filter.owner, shown.owner),
    target: judgeTarget(filter.target, shown),
    label: judgeLabel(filter.label, shown.labels),
    age: judgeAge(job, filter),
  };
  if (Object.values(judged).includes('no')) return 'no';
  return unansweredFilters.find((each) => judged[each] === 'unseen') ?? 'yes';
}

function judgeName(job: JobSnapshot, own: string | undefined, { name }: Filter): Match {
  if (name === undefined) return 'yes';
  if (job.unnamed) return 'no';
  if (containsName(own ?? job.name ?? '', name)) return 'yes';
  return own === undefined ? 'unseen' : 'no';
}

function judge(pattern: string | undefined, text: string | null | undefined): Match {
  return text === null && pattern !== undefined ? 'no' : judgeText(pattern, text ?? undefined);
}

function judgeTarget(
  pattern: string | undefined,
  { target, targetAliases }: ReturnType<typeof attributesOf>,
): Match {
  return target === null ? judge(pattern, null) : judgeNames(pattern, [target, ...targetAliases]);
}

function judgeAge({ createdAt }: JobSnapshot, { older_than, newer_than, now }: Filter): Match {
  if (older_than === undefined && newer_than === undefined) return 'yes';
  if (createdAt === undefined) return 'unseen';
  const ageMs = now - Date.parse(createdAt);
  const fits = ageMs >= (older_than ?? Number.NEGATIVE_INFINITY) && ageMs < (newer_than ?? Infinity);
  return fits ? 'yes' : 'no';
}

/** Whether a job is in one of the requested states. */
export function isInStates({ state: wanted }: Filter, { state }: JobSnapshot): boolean {
  return wanted === undefined || wanted.includes(state);
}

/** Whether a list does not show if a job is in a requested state. */
export function hasNoState(
  { state }: JobSnapshot,
  { state: wanted = ['unknown'] }: Filter,
  { unlistedStates = [] }: JobList,
): boolean {
  return (
    state === 'unknown' && !wanted.includes('unknown') && wanted.some((each) => unlistedStates.includes(each))
  );
}

/**
 * How to ask a list for jobs in these states: by each of these statuses, and then whole if some states have no status.
 * Queued jobs come first, so that one that starts meanwhile is not missed.
 */
export function planFor(
  wanted: readonly State[] | undefined,
  { statuses }: JobList,
): { readonly statuses: readonly string[]; readonly whole: boolean } {
  if (wanted === undefined || statuses === undefined) return { statuses: [], whole: true };
  const asked = states.filter((state) => wanted.includes(state)).map((state) => statuses[state]);
  const words = new Set(asked.flatMap((each) => each ?? []));
  return { statuses: [...words], whole: words.size === 0 || asked.includes(undefined) };
}

/** Whether a job is one of those that a list is asked for by a status. */
export function hasStatus(
  { providerStatus, state }: JobSnapshot,
  status: string,
  { hasGroups, statuses = {} }: JobList,
): boolean {
  return hasGroups ? (statuses[state]?.includes(status) ?? false) : providerStatus === status;
}
