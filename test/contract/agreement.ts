import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import type { ProviderAdapter } from '../../shared/adapter/adapter.ts';
import type { ProviderFacts } from '../../shared/adapter/provider-facts.ts';
import { exchangesOf, type ProviderFixtures } from '../../shared/laws/fixtures.ts';
import { baseUrlOf } from '../../shared/laws/law.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { answeredAt, turnedAwayRows } from './turned-away-rows.ts';

/** What is known of one provider by three files that were written apart. */
interface Known {
  readonly id: string;
  readonly adapter: ProviderAdapter;
  readonly fixtures: ProviderFixtures;
  readonly twin: TwinFacts;
}

/** In what an adapter and the other files contradict one another; nothing, if they agree. */
export const agreements: readonly {
  readonly name: string;
  readonly check: (known: Known) => readonly string[];
}[] = [
  { name: 'has the id of its files, and ids of jobs as its twin makes them', check: hasIds },
  { name: 'has the facts that the configuration reads', check: hasFacts },
  { name: 'sends the key as the twin wants it, below the same path', check: sendsKey },
  {
    name: 'asks its list for statuses that the twin has, for each state that the twin shows',
    check: asksStatuses,
  },
  { name: 'counts the jobs that a list leaves out only if the whole list came', check: countsMissing },
  { name: 'reads in an answer that the key is rejected, or how long to wait', check: readsTurnedAway },
  { name: 'takes the other method, and then the first again, if a cancel has two', check: alternates },
];

function unless(isSo: boolean, violation: string): string[] {
  return isSo ? [] : [violation];
}

function hasIds({ id, adapter, twin }: Known): string[] {
  const made = twin.idOf('617a1f8b-59d4-435d-aa33-695433d7155e');
  const { data } = adapter.jobId.safeParse(made);
  return [
    ...unless(adapter.id === id, `the id ${adapter.id}`),
    ...unless(data === made, `the job ${made} becomes ${data}`),
  ];
}

const factNames: ReadonlySet<string> = new Set<keyof ProviderFacts>([
  ...(['id', 'displayName', 'defaultBaseUrl', 'placedBaseUrls', 'key'] as const),
  ...(['deployment', 'options', 'onlyIfNamed'] as const),
]);

/** The facts in a text that does not depend on their order. */
function factsIn(known: object): string {
  const plain = (value: unknown): unknown => {
    if (value instanceof RegExp) return String(value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, part]) => [name, plain(part)] as const);
    return Object.fromEntries(entries.toSorted(([one], [other]) => one.localeCompare(other)));
  };
  return JSON.stringify(
    plain(Object.fromEntries(Object.entries(known).filter(([name]) => factNames.has(name)))),
  );
}

/** The configuration reads them from a generated file, because an adapter is loaded only when its connection is opened. */
function hasFacts({ id, adapter }: Known): string[] {
  const facts = Object.values(providerFacts).find((each) => each.id === id);
  if (facts === undefined) return ['no facts'];
  return [
    ...unless(factsIn(adapter) === factsIn(facts), `${factsIn(adapter)} instead of ${factsIn(facts)}`),
    ...unless(adapter.jobId === facts.jobId, 'other ids of jobs'),
  ];
}

function sendsKey({ adapter, twin }: Known): string[] {
  const { auth } = adapter;
  const own = auth.kind === 'sigv4' ? ['authorization', 'AWS4-HMAC-SHA256 '] : [auth.header, auth.prefix];
  const path = new URL(baseUrlOf(adapter)).pathname.replace(/\/$/, '');
  return [
    ...unless(own.join() === [twin.auth.header, twin.auth.prefix].join(), `the header ${own.join(': ')}`),
    ...unless(twin.basePaths.includes(path), `the path ${path}`),
  ];
}

function asksStatuses({ adapter: { list }, twin }: Known): string[] {
  if (list?.statuses === undefined) return [];
  if (list.hasGroups) return asksGroups(list.statuses);
  const { quoted = (word: string) => word } = twin;
  const known = Object.entries(twin.words)
    .filter(([state]) => state !== 'cancelling')
    .map(([state, word]) => [state, quoted(word)] as const);
  const { statuses } = list;
  return [
    ...Object.values(statuses)
      .flat()
      .filter((status) => !(status.toUpperCase() in twin.meanings))
      .map((status) => `no job is "${status}"`),
    ...known
      .filter(([state, word]) => statusesOf(statuses, state)?.includes(word) === false)
      .map(([state, word]) => `jobs that are ${state} are not asked for by "${word}"`),
  ];
}

/** One group for jobs that are not over, and another for those that are. */
function asksGroups(statuses: object): string[] {
  const [open, over] = [
    ['queued', 'running'],
    ['cancelled', 'completed', 'failed'],
  ].map((states) => new Set(states.map((state) => statusesOf(statuses, state)?.join() ?? '')));
  const areApart = open?.size === 1 && over?.size === 1 && new Set([...open, ...over]).size === 2;
  return unless(areApart && !open.has('') && !over.has(''), `the groups of ${JSON.stringify(statuses)}`);
}

function statusesOf(statuses: object, state: string): readonly string[] | undefined {
  return Object.entries(statuses).find(([key]) => key === state)?.[1];
}

/** More jobs than any list of the fixtures has, in each way in which a provider may tell how many there are. */
const many = 1_000;
const totals = { total: many, total_count: many };

function countsMissing({ adapter: { list }, fixtures }: Known): string[] {
  return exchangesOf(fixtures).flatMap(([, exchange]) => {
    if (list === undefined || exchange.operation !== 'list') return [];
    const { body, ...response } = exchange.response;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
    const cursor = exchange.cursor ?? null;
    const reading = list.read({ ...response, body: { ...body, ...totals } }, cursor);
    if (reading.kind !== 'page' || reading.missing === undefined) return [];
    const listed = reading.jobs.length + reading.unread;
    if (reading.next !== null) return ['jobs are missing from a list that goes on'];
    return unless(
      cursor === null ? reading.missing === many - listed : reading.missing < many - listed,
      `${reading.missing} are missing beside ${listed}`,
    );
  });
}

function readsTurnedAway({ id, adapter: { turnedAway } }: Known): string[] {
  const rows = Object.entries(turnedAwayRows).find(([key]) => key === id)?.[1];
  if (turnedAway === undefined || rows === undefined)
    return unless(turnedAway === undefined && rows === undefined, 'the rows are not those of what it reads');
  return rows.flatMap(([response, expected]) => {
    const [read, wanted] = [turnedAway(response, answeredAt), expected].map((one) => JSON.stringify(one));
    return unless(read === wanted, `${JSON.stringify(response)} is read as ${read} and not ${wanted}`);
  });
}

function alternates({ adapter: { cancel }, fixtures: { jobId } }: Known): string[] {
  const { otherMethod } = cancel;
  if (otherMethod === undefined) return [];
  const other = otherMethod({});
  const [first, second, third] = [{}, other, otherMethod(other)].map(
    (options) => cancel.request(jobId, options).method,
  );
  return unless(first !== second && first === third, `${first}, then ${second}, then ${third}`);
}
