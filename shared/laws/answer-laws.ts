import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import * as z from 'zod';
import type { ProviderAdapter, RequestKind } from '../adapter/adapter.ts';
import { exchangesOf, type ProviderFixtures } from './fixtures.ts';
import {
  bodiesOf,
  everywhere,
  type Law,
  type Probe,
  probeOf,
  probesOf,
  type Reading,
  show,
  violations,
} from './law.ts';
import { withOnePartEdited } from './parts/json-edits.ts';
import { readingSchemas } from './parts/reading-schemas.ts';
import { mayRefuse, nothings, otherStatuses, refusalStatuses } from './parts/responses.ts';
import { anyHeaders } from './turned-away-laws.ts';

const successes: ReadonlySet<Reading['kind']> = new Set(['accepted', 'seen', 'page']);

/** Any JSON, and the bodies of the fixtures with one part of any JSON put in. */
function arbitraryBody(fixtures: ProviderFixtures): fc.Arbitrary<unknown> {
  const damaged = fc
    .tuple(fc.constantFrom(...bodiesOf(fixtures)), fc.jsonValue(), fc.nat())
    .map(([body, part, index]) => {
      const copies = withOnePartEdited(body, () => part);
      return copies[index % Math.max(1, copies.length)] ?? part;
    });
  const keys = fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'job', 'jobs', 'data', 'status');
  const odd = fc.dictionary(keys, fc.jsonValue()).map((value): unknown => JSON.parse(JSON.stringify(value)));
  return fc.oneof(fc.jsonValue(), damaged, odd, fc.constant(undefined));
}

function isTotal(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const status = fc.oneof(
    fc.constant(200),
    fc.constantFrom(...refusalStatuses, ...otherStatuses),
    fc.integer({ min: 100, max: 599 }),
  );
  return probesOf(adapter, fixtures).flatMap(({ operation, read }) =>
    everywhere(fc.record({ status, body: arbitraryBody(fixtures), headers: anyHeaders }), (response) => {
      const reading = read(response);
      if (readingSchemas[operation].safeParse(reading).success) return undefined;
      return `${operation} of ${show(response)} reads as ${show(reading)}`;
    }),
  );
}

/** What a status says beside a body; `undefined` if it says no more than "not a success". */
function failureOf(status: number, body: unknown) {
  if (status === 403 && !hasWord(body)) return { code: 'unexpected_response', mayHaveActed: false };
  if (status === 401 || status === 403) return { code: 'credentials_rejected', mayHaveActed: false };
  if (status === 429) return { code: 'rate_limited', mayHaveActed: false };
  if (status >= 500) return { code: 'provider_unavailable', mayHaveActed: true };
  return status >= 200 && status < 300 ? { code: 'unexpected_response', mayHaveActed: true } : undefined;
}

/** No content, in answer to a list, is the list of an account without jobs. */
function isEmptyList(
  { operation }: Pick<Probe, 'operation'>,
  status: number,
  body: unknown,
  reading: Reading,
) {
  if (operation !== 'list' || status !== 204 || body !== undefined) return false;
  return reading.kind === 'page' && 'next' in reading && reading.jobs.length === 0 && reading.next === null;
}

/** Whether a sentence stands in a body, where the errors of providers hold theirs. */
function hasWord(body: unknown): boolean {
  const word = z.union([
    z.string().min(1),
    z.object({ message: z.string() }),
    z.object({ details: z.string() }),
  ]);
  const schemas = ['message', 'Message', 'detail', 'error', 'error_code'].map((key) =>
    z.object({ [key]: word }),
  );
  return schemas.some((schema) => schema.safeParse(body).success);
}

function isHonestAbout(status: number, body: unknown, reading: Reading): boolean {
  if (refusalStatuses.includes(status)) return !successes.has(reading.kind);
  if (reading.kind !== 'failure') return false;
  const expected = failureOf(status, body);
  return (
    expected === undefined ||
    (reading.code === expected.code && reading.mayHaveActed === expected.mayHaveActed)
  );
}

/** The statuses to which the fixtures give a meaning for one kind of request, such as a 202 that accepts a cancel. */
function documentedStatuses(fixtures: ProviderFixtures, kind: RequestKind): ReadonlySet<number> {
  const meant = exchangesOf(fixtures).filter(
    ([, { operation, reading }]) => operation === kind && reading.kind !== 'failure',
  );
  return new Set(meant.map(([, { response }]) => response.status));
}

function believesNoErrorStatus(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const bodies = bodiesOf(fixtures);
  return probesOf(adapter, fixtures).flatMap(({ operation, read }) => {
    const documented = documentedStatuses(fixtures, operation);
    const undocumented = otherStatuses.filter((status) => !documented.has(status));
    return violations(
      [...refusalStatuses, ...undocumented].flatMap((status) =>
        bodies.map((body) => {
          const reading = read({ status, body });
          // What the adapter says of the key and the pace has a law of its own.
          if ((adapter.turnedAway?.({ status, body }, 0) ?? null) !== null) return undefined;
          if (isHonestAbout(status, body, reading) || isEmptyList({ operation }, status, body, reading))
            return undefined;
          return `${operation} of ${status} ${show(body)} reads as ${show(reading)}`;
        }),
      ),
    );
  });
}

/** Whether a reading is a success that an answer without a word of its own may have. */
function mayBeSilent(operation: RequestKind, reading: Reading): boolean {
  if (operation === 'cancel') return reading.kind === 'accepted';
  return operation === 'list' && reading.kind === 'page' && reading.jobs.length === 0;
}

/**
 * Whether the fixtures show that a cancel is accepted, or a list empty, by exactly this answer, which says nothing. A 200
 * without JSON is never one: a page of a gateway is that, too.
 */
function isSilentSuccess(
  fixtures: ProviderFixtures,
  { operation }: Pick<Probe, 'operation'>,
  status: number,
  body: unknown,
): boolean {
  if (status === 200 && body === undefined) return false;
  return exchangesOf(fixtures).some(
    ([, { operation: asked, reading, response }]) =>
      asked === operation &&
      mayBeSilent(asked, reading) &&
      response.status === status &&
      isDeepStrictEqual(response.body, body),
  );
}

function believesNoEmptyBody(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return probesOf(adapter, fixtures).flatMap((probe) =>
    violations(
      [200, ...refusalStatuses, ...otherStatuses].flatMap((status) =>
        nothings.map((body) => {
          const reading = probe.read({ status, body });
          if (reading.kind === 'failure' || isEmptyList(probe, status, body, reading)) return undefined;
          if (isSilentSuccess(fixtures, probe, status, body)) return undefined;
          if (reading.kind === 'page' && reading.jobs.length === 0 && Array.isArray(body)) return undefined;
          if (reading.kind === 'other_method' && status === 405) return undefined;
          if (reading.kind === 'refused' && mayRefuse(probe, status)) return undefined;
          return `${probe.operation} of ${status} ${show(body)} reads as ${show(reading)}`;
        }),
      ),
    ),
  );
}

function isStrange(reading: Reading): boolean {
  if (reading.kind === 'page') return reading.jobs.length === 0;
  return reading.kind === 'failure' && reading.code === 'unexpected_response' && reading.mayHaveActed;
}

function believesNoStrangeSuccess(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 299 }));
  const anything = probesOf(adapter, fixtures).flatMap(({ operation, read }) =>
    everywhere(fc.tuple(status, fc.jsonValue()), ([status, body]) => {
      const reading = read({ status, body });
      return isStrange(reading) || isSilentSuccess(fixtures, { operation }, status, body)
        ? undefined
        : `${operation} of ${status} ${show(body)} reads as ${show(reading)}`;
    }),
  );
  const damaged = exchangesOf(fixtures).flatMap(([scenario, exchange]) => {
    const probe = probeOf(adapter, exchange, fixtures.jobId);
    if (probe === undefined || !successes.has(exchange.reading.kind)) return [];
    const bodies = [undefined, {}].flatMap((part) => withOnePartEdited(exchange.response.body, () => part));
    return bodies.map((body) => {
      const reading = probe.read({ ...exchange.response, body });
      if (reading.kind === exchange.reading.kind || isStrange(reading)) return undefined;
      return `${scenario}: ${exchange.operation} of ${show(body)} reads as ${show(reading)}`;
    });
  });
  return violations([...anything, ...damaged]);
}

function knowsItsOtherMethod(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { otherMethod, read, request } = adapter.cancel;
  const other = otherMethod?.({});
  const isOther =
    other !== undefined && show(request(fixtures.jobId, other)) !== show(request(fixtures.jobId, {}));
  return violations(
    [200, ...refusalStatuses, ...otherStatuses].map((status) => {
      const { kind } = read({ status, body: undefined }, fixtures.jobId);
      return kind === 'other_method' && !isOther ? `a cancel of ${status}: ${kind}` : undefined;
    }),
  );
}

/** The laws about what an answer may be taken for. */
export const answerLaws = [
  { name: 'has a reading for any status and any JSON, and never throws', check: isTotal },
  { name: 'never reads an error status or one it does not know as a success', check: believesNoErrorStatus },
  { name: 'never reads an HTML page or an empty body as an answer', check: believesNoEmptyBody },
  {
    name: 'reads a success that is not shaped as documented as a failure that may have acted',
    check: believesNoStrangeSuccess,
  },
  { name: 'asks for another method only if it has one', check: knowsItsOtherMethod },
] as const satisfies readonly Law[];
