import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as z from 'zod';
import type { CancelManyReading, ProviderAdapter, RequestKind } from '../../shared/adapter/adapter.ts';
import { exchangesOf, type ProviderFixtures } from '../fixtures/scenario.ts';
import { withEvery, withOnePartEdited } from './json-edits.ts';
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
import { readingSchemas } from './reading-schemas.ts';
import { anyHeaders } from './turned-away-laws.ts';

const successes: ReadonlySet<Reading['kind']> = new Set(['accepted', 'seen', 'page']);

/** Statuses that no page of a provider gives a meaning of its own. */
const otherStatuses = [
  ...[0, 100, 101, 199, 201, 202, 203, 204, 205, 206, 207, 226, 299],
  ...[300, 301, 302, 303, 304, 307, 308, 399],
  ...[
    401, 402, 403, 406, 407, 408, 410, 411, 412, 414, 415, 418, 421, 422, 423, 425, 428, 429, 431, 451, 499,
  ],
  ...[500, 501, 502, 503, 504, 507, 511, 520, 522, 524, 530, 599, 600, 999],
];
const refusals = [400, 404, 405, 409, 413];

/** Any JSON, and the bodies of the fixtures with one part of any JSON put in. */
function anyBody(fixtures: ProviderFixtures): fc.Arbitrary<unknown> {
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
    fc.constantFrom(...refusals, ...otherStatuses),
    fc.integer({ min: 100, max: 599 }),
  );
  return probesOf(adapter, fixtures).flatMap(({ operation, read }) =>
    everywhere(fc.record({ status, body: anyBody(fixtures), headers: anyHeaders }), (response) => {
      const reading = read(response);
      if (readingSchemas[operation].safeParse(reading).success) return undefined;
      return `${operation} of ${show(response)}: ${show(reading)}`;
    }),
  );
}

/** What a status says beside a body; `undefined` where it says no more than "not a success". */
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
  const schemas = ['message', 'detail', 'error', 'error_code'].map((key) => z.object({ [key]: word }));
  return schemas.some((schema) => schema.safeParse(body).success);
}

function isHonestAbout(status: number, body: unknown, reading: Reading): boolean {
  if (refusals.includes(status)) return !successes.has(reading.kind);
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
      [...refusals, ...undocumented].flatMap((status) =>
        bodies.map((body) => {
          const reading = read({ status, body });
          // What the adapter says of the key and the pace has a law of its own.
          if ((adapter.turnedAway?.({ status, body }, 0) ?? null) !== null) return undefined;
          if (isHonestAbout(status, body, reading) || isEmptyList({ operation }, status, body, reading))
            return undefined;
          return `${operation} of ${status} ${show(body)}: ${show(reading)}`;
        }),
      ),
    );
  });
}

/** An empty body, an HTML page and half a reply all come as `undefined`; some servers say "nothing" in JSON. */
const nothings = [undefined, null, '', {}, [], 'OK', true, 0];

/**
 * Whether the fixtures show that a cancel is accepted by exactly this answer, which says nothing. A 200 without JSON is never
 * one: a page of a gateway is that, too.
 */
function isSilentAcceptance(
  fixtures: ProviderFixtures,
  { operation }: Pick<Probe, 'operation'>,
  status: number,
  body: unknown,
): boolean {
  if (operation !== 'cancel' || (status === 200 && body === undefined)) return false;
  return exchangesOf(fixtures).some(
    ([, { operation: asked, reading, response }]) =>
      asked === 'cancel' &&
      reading.kind === 'accepted' &&
      response.status === status &&
      isDeepStrictEqual(response.body, body),
  );
}

function mayRefuse({ operation }: Probe, status: number): boolean {
  return operation.endsWith('Many') && [400, 404, 413].includes(status);
}

function believesNoEmptyBody(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return probesOf(adapter, fixtures).flatMap((probe) =>
    violations(
      [200, ...refusals, ...otherStatuses].flatMap((status) =>
        nothings.map((body) => {
          const reading = probe.read({ status, body });
          if (reading.kind === 'failure' || isEmptyList(probe, status, body, reading)) return undefined;
          if (isSilentAcceptance(fixtures, probe, status, body)) return undefined;
          if (reading.kind === 'page' && reading.jobs.length === 0 && Array.isArray(body)) return undefined;
          if (reading.kind === 'other_method' && status === 405) return undefined;
          if (reading.kind === 'refused' && mayRefuse(probe, status)) return undefined;
          return `${probe.operation} of ${status} ${show(body)}: ${show(reading)}`;
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
      return isStrange(reading) || isSilentAcceptance(fixtures, { operation }, status, body)
        ? undefined
        : `${operation} of ${status} ${show(body)}: ${show(reading)}`;
    }),
  );
  const damaged = exchangesOf(fixtures).flatMap(([scenario, exchange]) => {
    const probe = probeOf(adapter, exchange, fixtures.jobId);
    if (probe === undefined || !successes.has(exchange.reading.kind)) return [];
    const bodies = [undefined, {}].flatMap((part) => withOnePartEdited(exchange.response.body, () => part));
    return bodies.map((body) => {
      const reading = probe.read({ ...exchange.response, body });
      if (reading.kind === exchange.reading.kind || isStrange(reading)) return undefined;
      return `${scenario}: ${exchange.operation} of ${show(body)}: ${show(reading)}`;
    });
  });
  return violations([...anything, ...damaged]);
}

/** Words no provider has: anything, and what only looks like a word it has. */
function unseenWords(words: readonly string[]): fc.Arbitrary<string> {
  const lookAlikes = words.flatMap((word) => [
    ...[`${word} `, `${word}\u200b`, `un${word}`, `${word}_soon`, `not ${word}`],
    ...[
      word.replace(/s/gi, 'ſ'),
      word.replace(/st/gi, 'ﬆ'),
      word.replace(/i/gi, 'ı'),
      word.replace(/a/gi, 'а'),
    ],
  ]);
  const names = [
    '',
    '__proto__',
    'constructor',
    'toString',
    'cancelled',
    'canceled',
    'cancel_requested',
    'done',
  ];
  const known = new Set(words.map((word) => word.toLowerCase()));
  const isAscii = /^[\x20-\x7e]*$/;
  return fc
    .oneof(fc.string(), fc.constantFrom(...names, ...lookAlikes))
    .filter((word) => !(isAscii.test(word) && known.has(word.toLowerCase())));
}

function takesUnseenWordsForUnknown(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return everywhere(unseenWords(Object.keys(fixtures.words)), (word) => {
    const reading = adapter.status.read({ status: 200, body: fixtures.lookBody(word) }, fixtures.jobId);
    const unknown =
      reading.kind === 'seen' && reading.job.state === 'unknown' && reading.job.providerStatus === null;
    return unknown ? undefined : `the word ${show(word)}: ${show(reading)}`;
  });
}

/** What proxies, gateways and frameworks say of a route they do not know. */
const foreignBodies = [
  ...nothings,
  'Not Found',
  '404 page not found',
  { message: 'Not Found' },
  { detail: 'Not Found' },
  { error: 'Not Found' },
  { error: 'not_found' },
  { message: 'Missing Authentication Token' },
  { message: 'no Route matched with those values' },
  { error_msg: '404 Route Not Found' },
  { statusCode: 404, message: 'Resource not found' },
  { statusCode: 404, error: 'Not Found', message: 'Not Found' },
  { statusCode: 404, error: 'Not Found', message: 'Cannot GET /v9/jobs' },
  { statusCode: 404, error: 'Not Found', message: 'Route GET:/v9/jobs not found' },
  { code: 5, message: 'Not Found', details: [] },
  { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } },
  { error: { code: '404', message: 'The page could not be found' } },
  { status: 'error', message: 'Not Found' },
  {
    status: 'error',
    data: {},
    message: 'Cannot GET /v9/batches',
    error: { code: 404, details: 'Not Found' },
  },
  { error_code: 'NOT_FOUND', message: 'Not Found', detail: 'Not Found' },
  { timestamp: '2026-01-01T00:00:00Z', status: 404, error: 'Not Found', path: '/v9/jobs' },
];

function believesNoForeign404(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return violations(
    foreignBodies.flatMap((body) =>
      probesOf(adapter, fixtures).map((probe) => {
        const reading = probe.read({ status: 404, body });
        if (reading.kind === 'failure' && reading.code === 'unexpected_response') return undefined;
        if (reading.kind === 'refused' && mayRefuse(probe, 404)) return undefined;
        return `${probe.operation} of 404 ${show(body)}: ${show(reading)}`;
      }),
    ),
  );
}

/** What a firewall, a portal or a proxy answers with a 403; a web page comes as `undefined`. */
const foreign403s = [
  ...nothings,
  'Forbidden',
  ['Forbidden'],
  { status: 403 },
  { message: '' },
  { blocked: true },
];

function believesNoForeign403(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return violations(
    foreign403s.flatMap((body) =>
      probesOf(adapter, fixtures).map(({ operation, read }) => {
        const reading = read({ status: 403, body });
        if (reading.kind === 'failure' && reading.code === 'unexpected_response') return undefined;
        return `${operation} of 403 ${show(body)}: ${show(reading)}`;
      }),
    ),
  );
}

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
      return isFit ? undefined : `${show(response.body)}: ${show(reading)}`;
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
      return `${scenario}: ${exchange.operation} of ${show(body)}: ${show(reading)}`;
    }),
  );
}

/** What may stand where a list does, and is none. */
const trouble = (keys: readonly string[]) =>
  fc.oneof(
    fc.record({ error: fc.constantFrom('Internal', { message: 'backend down' }, true) }),
    fc.record({ detail: fc.constant('the list is not available') }),
    ...keys.map((key) =>
      fc.record({ [key]: fc.constantFrom('unavailable', 0, { '0': { id: 'a job' } }, true) }),
    ),
  );
const envelope = (keys: readonly string[]) =>
  fc.record(
    {
      next: fc.constant(null),
      next_cursor: fc.constant(null),
      total: fc.constant(0),
      status: fc.constant('success'),
      message: fc.constant('backend down'),
      ...Object.fromEntries(keys.map((key) => [key, fc.constantFrom([], null)])),
    },
    { requiredKeys: [] },
  );

function believesNoEmptyList({ list }: ProviderAdapter, { listKeys }: ProviderFixtures): string[] {
  if (list === undefined) return [];
  const keys = [...new Set(['jobs', 'items', 'data', ...listKeys])];
  return violations(
    everywhere(fc.tuple(envelope(keys), trouble(keys)), ([around, inside]) => {
      const body = { ...around, ...inside };
      const reading = list.read({ status: 200, body }, null);
      const hasList = listKeys.some((key) => key in around && !(key in inside));
      const isError = 'error' in body || 'detail' in body;
      return reading.kind === 'failure' || (hasList && !isError)
        ? undefined
        : `${show(body)}: ${show(reading)}`;
    }),
  );
}

function knowsItsOtherMethod(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { otherMethod, read, request } = adapter.cancel;
  const other = otherMethod?.({});
  const isOther =
    other !== undefined && show(request(fixtures.jobId, other)) !== show(request(fixtures.jobId, {}));
  return violations(
    [200, ...refusals, ...otherStatuses].map((status) => {
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
  { name: 'takes no error and no unreadable list for a list without jobs', check: believesNoEmptyList },
  { name: 'reads a status word it has never seen as unknown', check: takesUnseenWordsForUnknown },
  { name: 'never takes a 404 of anyone else for "no such job"', check: believesNoForeign404 },
  { name: 'asks for another method only if it has one', check: knowsItsOtherMethod },
  { name: 'takes no 403 of anyone else for a word about the key', check: believesNoForeign403 },
  { name: 'never takes an answer about another job for this one', check: believesNothingOfOtherJobs },
  {
    name: 'says of each job of a bulk cancel one thing at most, and nothing of a job that was not asked for',
    check: saysOneThingOfEachJob,
  },
] as const satisfies readonly Law[];
