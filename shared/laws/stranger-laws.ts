import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { ProviderFixtures } from './fixtures.ts';
import { everywhere, type Law, probesOf, show, violations } from './law.ts';
import { mayRefuse, nothings } from './parts/responses.ts';

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
    return unknown ? undefined : `the word ${show(word)} reads as ${show(reading)}`;
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
  const { ownMissingBody: own, jobId } = fixtures;
  const foreign = foreignBodies.filter((body) => own === undefined || !isDeepStrictEqual(body, own.body));
  const isOwn =
    own === undefined || adapter.status.read({ status: 404, body: own.body }, jobId).kind === 'not_found';
  return violations([
    isOwn ? undefined : 'the 404 that is its own is not read as "no such job"',
    ...foreign.flatMap((body) =>
      probesOf(adapter, fixtures).map((probe) => {
        const reading = probe.read({ status: 404, body });
        if (reading.kind === 'failure' && reading.code === 'unexpected_response') return undefined;
        if (reading.kind === 'refused' && mayRefuse(probe, 404)) return undefined;
        return `${probe.operation} of 404 ${show(body)} reads as ${show(reading)}`;
      }),
    ),
  ]);
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
        return `${operation} of 403 ${show(body)} reads as ${show(reading)}`;
      }),
    ),
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
        : `${show(body)} reads as ${show(reading)}`;
    }),
  );
}

/** The laws about what of an answer the provider did not mean. */
export const strangerLaws = [
  { name: 'takes no error and no unreadable list for a list without jobs', check: believesNoEmptyList },
  { name: 'reads a status word it has never seen as unknown', check: takesUnseenWordsForUnknown },
  { name: 'never takes a 404 of anyone else for "no such job"', check: believesNoForeign404 },
  { name: 'takes no 403 of anyone else for a word about the key', check: believesNoForeign403 },
] as const satisfies readonly Law[];
