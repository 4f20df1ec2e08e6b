import * as fc from 'fast-check';
import type { ProviderAdapter } from '../adapter/adapter.ts';
import { isOffset } from '../adapter/parsing.ts';
import type { ProviderRequest } from '../http/types.ts';
import { joinUrl } from '../http/url-path.ts';
import { isObject } from '../lib/json.ts';
import { exchangesOf, type ProviderFixtures } from './fixtures.ts';
import { baseUrlOf, everywhere, type Law, probeOf, probesOf, show, violations } from './law.ts';
import { withEvery } from './parts/json-edits.ts';

/** Ids that leave their segment, or that only look like one of ours. */
function hostileIds({ jobId }: ProviderFixtures): string[] {
  const bare = ['', '.', '..', '...', '%2e', '%2e%2e', '/', '\\', '?', '#', '\ud800', 'a'.repeat(10_240)];
  const around = [
    ...['../', '/', ' ', '\ufeff', '\u200b', 'https://evil.example/', '//evil.example/'].map(
      (before) => before + jobId,
    ),
    ...[
      '/../b',
      '/b',
      '?y',
      '#',
      '#y',
      '\r\n',
      '\n',
      '\0',
      '%00',
      '%2f..',
      ';y=1',
      '\\b',
      ' ',
      '@evil',
      '\udc00',
    ].map((after) => jobId + after),
  ];
  const lookAlikes = [
    jobId.replace(/[ab]/, 'а'),
    jobId.replace(/-|_/, '‑'),
    jobId.replace(/\d/, '１'),
  ].filter((id) => id !== jobId);
  return [...bare, ...around, ...lookAlikes];
}

/** Any text, lone surrogates and controls included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0x10ffff })), {
    maxLength: 20,
  })
  .map((codes) => String.fromCodePoint(...codes));

function anyId(fixtures: ProviderFixtures): fc.Arbitrary<string> {
  return fc.oneof(
    anyText,
    fc.stringMatching(/^[A-Za-z0-9._~:%/-]{1,40}$/),
    fc.uuid().map((id) => id.toUpperCase()),
    fc.uuid(),
    fc.constantFrom(fixtures.jobId, fixtures.otherJobId, ...hostileIds(fixtures)),
  );
}

function refusesHostileIds(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const taken = hostileIds(fixtures).filter((id) => adapter.jobId.safeParse(id).success);
  const odd = everywhere(anyId(fixtures), (id) => {
    const { data } = adapter.jobId.safeParse(id);
    if (data === undefined || /^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}$/.test(data)) return undefined;
    return `${show(id)} is taken for ${show(data)}`;
  });
  return [...taken.map((id) => `${show(id)} is taken for an id`), ...odd];
}

function keepsCanonicalIds(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  return everywhere(anyId(fixtures), (id) => {
    const once = adapter.jobId.safeParse(id).data;
    const twice = once === undefined ? undefined : adapter.jobId.safeParse(once).data;
    return once === twice ? undefined : `${show(id)} is ${show(once)}, then ${show(twice)}`;
  });
}

function canAskForNoJob({ absentJobId, jobId }: ProviderAdapter): string[] {
  const asked = absentJobId ?? '617a1f8b-59d4-435d-aa33-695433d7155e';
  return jobId.safeParse(asked).data === asked ? [] : [`the doctor cannot ask for ${show(asked)}`];
}

/** The same answers, in which the provider writes the id of the job in another form. */
function readingsOfForm(adapter: ProviderAdapter, fixtures: ProviderFixtures, form: string) {
  return exchangesOf(fixtures).flatMap(([, exchange]) => {
    const body = withEvery(exchange.response.body, fixtures.jobId, form);
    const reading = probeOf(adapter, exchange, fixtures.jobId)?.read({ ...exchange.response, body });
    if (reading?.kind === 'seen') return [reading.job.jobId];
    return reading?.kind === 'page' ? reading.jobs.map(({ jobId }) => jobId) : [];
  });
}

function knowsEveryFormOfAnId(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { idForms = [], jobId } = fixtures;
  return idForms.flatMap((form) => {
    const canonical = adapter.jobId.safeParse(form).data;
    const odd = readingsOfForm(adapter, fixtures, form).filter(
      (id) => adapter.jobId.safeParse(id).data !== id,
    );
    return [
      ...(canonical === jobId ? [] : [`${show(form)} is taken for ${show(canonical)}`]),
      ...odd.map((id) => `an answer about ${show(form)} shows the job ${show(id)}`),
    ];
  });
}

/** Where a request goes: its origin, its decoded segments, its query and its body; or why it goes nowhere. */
function destination(adapter: ProviderAdapter, { path, query, body }: ProviderRequest) {
  try {
    const url = joinUrl(baseUrlOf(adapter), path, query);
    return {
      origin: url.origin,
      segments: url.pathname.split('/').map(decodeURIComponent),
      query: [...url.searchParams],
      body,
    };
  } catch (error) {
    return { error: error instanceof Error ? error.name : 'something' };
  }
}

/** Where everything that names jobs goes for this id. */
function destinationsOf(adapter: ProviderAdapter, fixtures: ProviderFixtures, jobId: string) {
  const other = adapter.cancel.otherMethod?.({});
  const byOtherMethod = adapter.cancel.request(jobId, other ?? {});
  const requests = probesOf(adapter, { ...fixtures, jobId }).map(({ request }) => request);
  return [byOtherMethod, ...requests].map((request) => destination(adapter, request));
}

function keepsIdsInTheirSegment(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const usual = destinationsOf(adapter, fixtures, fixtures.jobId);
  const check = (id: string) => {
    const canonical = adapter.jobId.safeParse(id).data;
    if (canonical === undefined) return undefined;
    const swap = (text: string) => (text === fixtures.jobId ? canonical : text);
    // A verb may stand behind the id in its segment: `…/123:cancel`.
    const swapIn = (segment: string) =>
      segment.startsWith(`${fixtures.jobId}:`)
        ? canonical + segment.slice(fixtures.jobId.length)
        : swap(segment);
    const expected = usual.map((place) =>
      'error' in place
        ? place
        : {
            ...place,
            segments: place.segments.map(swapIn),
            query: place.query.map(([name, value]) => [name, swap(value)]),
            body: withEvery(place.body, fixtures.jobId, canonical),
          },
    );
    const found = destinationsOf(adapter, fixtures, canonical);
    return JSON.stringify(found) === JSON.stringify(expected)
      ? undefined
      : `${show(id)} goes to ${show(found)}`;
  };
  return [...violations(hostileIds(fixtures).map(check)), ...everywhere(anyId(fixtures), check)];
}

const hostileCursors = [
  '',
  '&limit=1',
  '#',
  '../..',
  '?x=y',
  'https://evil.example/',
  'a+b c',
  '%2e%2e',
  'ü=1',
];

type Query = readonly (readonly [string, string])[];

/** The values that a request sends, by their names: of its query, and of its body if that is an object. */
function valuesOf({ query, body }: { readonly query: Query; readonly body: unknown }): Query {
  const own = isObject(body) ? Object.entries(body) : [];
  const fields = own.map(([name, value]) => [name, typeof value === 'string' ? value : show(value)] as const);
  return [...query, ...fields];
}

/** The values of the first page with a cursor: as one more, under `name`, or in the place of one that it has. */
function valuesWith(cursor: string, first: Query, name = ''): Query[] {
  const replaced = first.map((_, at) =>
    first.map((pair, index) => (index === at ? ([pair[0], cursor] as const) : pair)),
  );
  return [[...first, [name, cursor]], ...replaced];
}

/** Whether the cursors of the fixtures are offsets: then a text that is none may ask for the first page. */
function countsPages(fixtures: ProviderFixtures): boolean {
  const cursors = exchangesOf(fixtures).flatMap(([, exchange]) =>
    exchange.operation === 'list' && exchange.cursor !== undefined ? [exchange.cursor] : [],
  );
  return cursors.length > 0 && cursors.every(isOffset);
}

function handsCursorsOn(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { list } = adapter;
  if (list === undefined) return [];
  const first = destination(adapter, list.request({}, null));
  if ('error' in first) return [`the first page is nowhere: ${first.error}`];
  const wellFormed = anyText.map((text) => text.toWellFormed());
  const cursors = fc.oneof(wellFormed, fc.nat().map(String), fc.constantFrom(...hostileCursors));
  const counts = countsPages(fixtures);
  return everywhere(cursors, (cursor) => {
    const page = destination(adapter, list.request({}, cursor));
    if ('error' in page) return `${show(cursor)}: ${page.error}`;
    const samePlace = page.origin === first.origin && show(page.segments) === show(first.segments);
    const isWhole = list.pageSize === Number.POSITIVE_INFINITY;
    const [usual, values] = [valuesOf(first), valuesOf(page)];
    const mayBeFirst = isWhole || (counts && !isOffset(cursor));
    const expected = [
      ...(mayBeFirst ? [usual] : []),
      ...(isWhole ? [] : valuesWith(cursor, usual, values.at(-1)?.[0])),
    ];
    const kept = expected.some((each) => JSON.stringify(each) === JSON.stringify(values));
    if (!samePlace) return `the cursor ${show(cursor)} leads to ${show(page.segments.join('/'))}`;
    const [asked, askedFirst] = [values, usual].map((each) => show(Object.fromEntries(each)));
    return kept
      ? undefined
      : `the cursor ${show(cursor)} asks with ${asked}, and the first page with ${askedFirst}`;
  });
}

/** The laws about ids and cursors, and where requests with them go. */
export const idLaws = [
  { name: 'refuses every id that could be more than one segment of a path', check: refusesHostileIds },
  { name: 'gives an id one canonical form, which stays as it is', check: keepsCanonicalIds },
  {
    name: 'takes every form of an id for the same job, in requests and answers',
    check: knowsEveryFormOfAnId,
  },
  { name: 'has an id that no job has, in its own form', check: canAskForNoJob },
  { name: 'keeps every id inside one segment or value, at its own origin', check: keepsIdsInTheirSegment },
  { name: 'hands the cursor of a list on as one value', check: handsCursorsOn },
] as const satisfies readonly Law[];
