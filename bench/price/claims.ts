import type { Claim } from '../operations/claims.ts';
import type { LoadResult } from './load.ts';
import type { ManyResult } from './many.ts';
import type { OneResult } from './one.ts';
import type { Judged } from './parts.ts';

/** Everything that was measured. */
export interface Price {
  readonly one: readonly OneResult[];
  readonly many: readonly ManyResult[];
  readonly load: readonly LoadResult[];
}

const most = {
  /** One cancel over HTTP, beside the same requests by fetch, at a provider that takes 50 ms. */
  slowProvider: 1.1,
  /** Requests for a cancel that is verified, of one that is not in a bulk and of one of 1,000. */
  requests: { one: 3.05, bulk: 1.1 },
  /** The part of the requests that a provider refuses whose limit is documented, and whose is not. */
  refused: { documented: 0, undocumented: 0.05 },
  /** The slowest of a hundred calls beside the median, at 200 connections. */
  tail: 3,
};

/** What is claimed of the price, held against what was measured. */
export function claimsOf({ one, many, load }: Price): Claim[] {
  const own = many.filter(({ contestant }) => contestant === 'calloff');
  const judged = [...own.map((result) => result.judged), ...load.flatMap((result) => result.judged)];
  return [
    ...oneClaims(one),
    {
      claim: 'calloff says nothing false of any job, loses none and leaves none open',
      holds: judged.every(isWhole),
    },
    ...own.map(({ setting, judged: { cancelled } }) => ({
      claim: `calloff cancels every job, ${setting.name}`,
      holds: cancelled === setting.jobs * setting.rounds,
    })),
    ...own.map(({ setting: { name, limits }, judged: { refused, requests } }) => {
      const share = refused / Math.max(1, requests);
      const isDocumented = limits === undefined || limits.cancel === undefined;
      const limit = isDocumented ? most.refused.documented : most.refused.undocumented;
      return {
        claim: `of calloff's requests the provider refuses at most ${100 * limit} %, ${name}: ${(100 * share).toFixed(1)} %`,
        holds: share <= limit,
      };
    }),
    ...own
      .filter(({ setting: { jobs, limits } }) => limits === undefined && jobs >= 1_000)
      .map(({ setting, judged: { requests, cancelled } }) => ({
        claim: `a verified cancel takes at most ${most.requests.bulk} requests, ${setting.name}: ${(requests / cancelled).toFixed(2)}`,
        holds: requests <= cancelled * most.requests.bulk,
      })),
    ...load.flatMap(tailClaims),
  ];
}

function isWhole({ falseCancelled, falseFailed, lost, open }: Judged): boolean {
  return falseCancelled + falseFailed + lost + open === 0;
}

function oneClaims(one: readonly OneResult[]): Claim[] {
  const fetchMs = one.find(({ surface }) => surface === 'fetch')?.ms[50] ?? Number.NaN;
  const overHttp = one.find(({ surface }) => surface === 'calloff, HTTP')?.ms[50];
  if (overHttp === undefined) return [];
  const ratio = overHttp / fetchMs;
  return [
    {
      claim: `where the provider takes 50 ms, a cancel over HTTP takes at most ${most.slowProvider} × as long as the same requests by fetch: ${ratio.toFixed(2)}`,
      holds: ratio <= most.slowProvider,
    },
  ];
}

function tailClaims({ connections, p50, p99, judged }: LoadResult): Claim[] {
  const [requests, cancelled] = [total(judged, 'requests'), total(judged, 'cancelled')];
  const each = {
    claim: `a verified cancel takes at most ${most.requests.one} requests, at ${connections} connections: ${(requests / cancelled).toFixed(2)}`,
    holds: requests <= cancelled * most.requests.one,
  };
  if (connections !== 200) return [each];
  const tail = {
    claim: `at 200 connections p99 is under ${most.tail} × p50: ${(p99 / p50).toFixed(2)}`,
    holds: p99 < p50 * most.tail,
  };
  return [each, tail];
}

function total(judged: readonly Judged[], key: keyof Judged): number {
  return judged.reduce((sum, each) => sum + each[key], 0);
}
