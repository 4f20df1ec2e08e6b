import { isDeepStrictEqual } from 'node:util';
import { type ProviderAdapter, requestKinds } from '../adapter/adapter.ts';
import { joinUrl } from '../http/url-path.ts';
import { type Exchange, exchangesOf, type ProviderFixtures, scenarios } from './fixtures.ts';
import { baseUrlOf, type Law, plain, probeOf, probesOf, show, violations } from './law.ts';
import { frozen } from './parts/json-edits.ts';

function readsAsStated(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return violations(
    exchangesOf(fixtures).map(([scenario, exchange]) => {
      const reading = probeOf(adapter, exchange, fixtures.jobId)?.read(exchange.response);
      if (isDeepStrictEqual(plain(reading ?? null), plain(exchange.reading))) return undefined;
      return `${scenario}: ${exchange.operation} read as ${show(reading)}, not ${show(exchange.reading)}`;
    }),
  );
}

/** A request as it stands on the wire, below the base URL. */
function onTheWire(adapter: ProviderAdapter, exchange: Exchange, jobId: string) {
  const request = probeOf(adapter, exchange, jobId)?.request;
  if (request === undefined) return undefined;
  const { pathname, search } = joinUrl(baseUrlOf(adapter), request.path, request.query);
  const below = new URL(baseUrlOf(adapter)).pathname.replace(/\/$/, '').length;
  return { ...request, path: pathname.slice(below), query: search === '' ? undefined : search.slice(1) };
}

function buildsAsStated(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return violations(
    exchangesOf(fixtures).map(([scenario, exchange]) => {
      const request = plain(onTheWire(adapter, exchange, fixtures.jobId) ?? null);
      if (isDeepStrictEqual(request, plain(exchange.request))) return undefined;
      return `${scenario}: ${exchange.operation} sent ${show(request)}, not ${show(exchange.request)}`;
    }),
  );
}

function leavesNothingOut(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const exchanges = exchangesOf(fixtures).map(([, exchange]) => exchange);
  return violations([
    ...scenarios.map((scenario) => {
      const scene = fixtures.scenarios[scenario];
      const said = 'notApplicable' in scene ? scene.notApplicable.length > 10 : scene.length > 0;
      return said ? undefined : `${scenario} has neither an exchange nor a reason`;
    }),
    ...requestKinds.map((operation) => {
      const has = adapter[operation] !== undefined;
      const shown = exchanges.some((exchange) => exchange.operation === operation);
      return has === shown ? undefined : `${operation}: the adapter and its fixtures differ`;
    }),
  ]);
}

function readsTheSameTwice(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return violations(
    exchangesOf(fixtures).flatMap(([scenario, exchange]) => {
      const response = frozen(structuredClone(exchange.response));
      const [first, second] = [1, 2].map(() =>
        probesOf(adapter, fixtures).map(({ request, read }) => [request, read(response)]),
      );
      return isDeepStrictEqual(first, second) ? undefined : `${scenario}: a second reading differs`;
    }),
  );
}

/** If final states reopen, calloff trusts them less; an adapter that says so without a page makes every list cost more. */
function reopensAsStated({ reopens, documentation }: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const page = fixtures.reopens?.documented;
  if (reopens === undefined) return page === undefined ? [] : [`it leaves out what ${page} says`];
  return page !== undefined && documentation.includes(page) ? [] : ['it cites no page that says so'];
}

/** The values at every depth of a query or a body. */
function valuesIn(part: unknown): unknown[] {
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(valuesIn) : [part];
}

/** A list that leaves out a status gives all jobs; a group that is also a word of jobs would not say which of both is meant. */
function asksByItsStatuses({ list }: ProviderAdapter, { words }: ProviderFixtures): string[] {
  const stated = Object.values(list?.statuses ?? {}).flat();
  return violations([
    list?.hasGroups && stated.length === 0 ? 'its list has groups and states none' : undefined,
    ...stated.map((status) => {
      if (list?.hasGroups && status in words) return `the group ${show(status)} is a word of jobs, too`;
      const { query = [], body } = list?.request({ status }, null) ?? {};
      return valuesIn([query, body]).includes(status)
        ? undefined
        : `the status ${show(status)} is not asked for`;
    }),
  ]);
}

/** The laws that hold an adapter against its fixtures. */
export const exchangeLaws = [
  { name: 'reads every fixture as stated', check: readsAsStated },
  { name: 'builds every request as stated', check: buildsAsStated },
  {
    name: 'has fixtures for all that it does, and a reason for all that it does not',
    check: leavesNothingOut,
  },
  {
    name: 'reads the same answer twice in the same way, and changes nothing in it',
    check: readsTheSameTwice,
  },
  {
    name: 'says that final states reopen if a page of the provider does, and only then',
    check: reopensAsStated,
  },
  { name: 'asks its list by each status that it states', check: asksByItsStatuses },
] as const satisfies readonly Law[];
