import fc from 'fast-check';
import { type ProviderAdapter, requestKinds } from '../../shared/adapter/adapter.ts';
import { secret } from '../../shared/http/auth/auth.ts';
import { Authorizer } from '../../shared/http/auth/authorizer.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { requestHeaders } from '../../shared/http/headers.ts';
import { send } from '../../shared/http/send-request.ts';
import type { ProviderRequest } from '../../shared/http/types.ts';
import { joinUrl } from '../../shared/http/url-path.ts';
import { exchangesOf, type ProviderFixtures } from '../fixtures/scenario.ts';
import { canaryKey } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { withEvery } from './json-edits.ts';
import { baseUrlOf, everywhere, type Law, probeOf, probesOf, show, violations } from './law.ts';

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

/** Where a request goes: its origin, its decoded segments, and its query; or why it goes nowhere. */
function destination(adapter: ProviderAdapter, { path, query }: ProviderRequest) {
  try {
    const url = joinUrl(baseUrlOf(adapter), path, query);
    return {
      origin: url.origin,
      segments: url.pathname.split('/').map(decodeURIComponent),
      query: [...url.searchParams],
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
    const expected = usual.map((place) =>
      'error' in place
        ? place
        : {
            ...place,
            segments: place.segments.map(swap),
            query: place.query.map(([name, value]) => [name, swap(value)]),
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

/** The query of the first page with a cursor: as one value more, under `name`, or in the place of one that it has. */
function queriesWith(cursor: string, first: Query, name = ''): Query[] {
  const replaced = first.map((_, at) =>
    first.map((pair, index) => (index === at ? ([pair[0], cursor] as const) : pair)),
  );
  return [[...first, [name, cursor]], ...replaced];
}

function handsCursorsOn(adapter: ProviderAdapter): string[] {
  const { list } = adapter;
  if (list === undefined) return [];
  const first = destination(adapter, list.request({}, null));
  if ('error' in first) return [`the first page is nowhere: ${first.error}`];
  const wellFormed = anyText.map((text) => text.toWellFormed());
  const cursors = fc.oneof(wellFormed, fc.constantFrom(...hostileCursors));
  return everywhere(cursors, (cursor) => {
    const page = destination(adapter, list.request({}, cursor));
    if ('error' in page) return `${show(cursor)}: ${page.error}`;
    const samePlace = page.origin === first.origin && show(page.segments) === show(first.segments);
    const isWhole = list.pageSize === Number.POSITIVE_INFINITY;
    const expected = isWhole ? [first.query] : queriesWith(cursor, first.query, page.query.at(-1)?.[0]);
    const kept = expected.some((query) => JSON.stringify(query) === JSON.stringify(page.query));
    return samePlace && kept ? undefined : `${show(cursor)} goes to ${show(page)}`;
  });
}

/** What leaves the process for one request: the headers, and everything else. */
interface Leaving {
  readonly headers: readonly (readonly [string, string])[];
  readonly rest: string;
}

const canaryToken = 'canary-of-a-short-life';

/** What leaves for one request, and before it to have a token made; with the key of a kind that the adapter's `auth` takes. */
async function leaving(adapter: ProviderAdapter, request: ProviderRequest): Promise<Leaving[]> {
  const { auth } = adapter;
  const seen: Leaving[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const rest = `${init?.method} ${String(input)} ${String(init?.body)}`;
    seen.push({ headers: [...new Headers(init?.headers)], rest });
    return Response.json(
      auth.kind === 'minted' ? { [auth.token]: canaryToken, [auth.lifetimeSeconds]: 60 } : {},
    );
  };
  const baseUrl = baseUrlOf(adapter);
  const accessKey = JSON.stringify({ accessKeyId: 'AKIDOURS', secretAccessKey: canaryKey });
  const credential = { apiKey: auth.kind === 'sigv4' ? accessKey : canaryKey, baseUrl };
  const call = { answerBy: 1_000, failureLimit: new FailureLimit() };
  const authorized = await new Authorizer(auth, { fetch, clock: new ManualClock() }).authorize(
    credential,
    call,
  );
  if (authorized.kind !== 'authorized') return seen;
  const { authorization } = authorized;
  await send(request, { fetch, baseUrl, authorization, timeoutMs: 1_000, now: 0 });
  return seen;
}

const partsOfARequest: ReadonlySet<string> = new Set(['method', 'path', 'query', 'body', 'headers']);
const usualHeaders: ReadonlySet<string> = new Set(['user-agent', ...requestHeaders]);
const signatureHeaders = ['authorization', 'x-amz-content-sha256', 'x-amz-date'];

/** Whether the headers that the http layer adds are those of the adapter's `auth`, and hold what they are to hold. */
function carriesTheKey({ auth }: ProviderAdapter, { headers }: Leaving): boolean {
  const own = headers.filter(([name]) => !usualHeaders.has(name));
  if (auth.kind === 'sigv4')
    return show(own.map(([name]) => name)) === show(signatureHeaders) && !show(own).includes(canaryKey);
  return (
    show(own) === show([[auth.header, auth.prefix + (auth.kind === 'minted' ? canaryToken : canaryKey)]])
  );
}

async function sendsTheKeyInOneHeader(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
): Promise<string[]> {
  const mints = adapter.auth.kind === 'minted' ? 1 : 0;
  const found = probesOf(adapter, fixtures).map(async ({ operation, request }) => {
    const all = await leaving(adapter, request);
    const sent = all[mints];
    if (sent === undefined || all.length !== mints + 1) return `${operation} was not sent once`;
    if (!carriesTheKey(adapter, sent)) return `${operation} has the headers ${show(sent.headers)}`;
    if (Object.keys(request).some((part) => !partsOfARequest.has(part)))
      return `${operation} asks for ${show(Object.keys(request))}`;
    return /key|token|secret|auth/i.test(sent.rest) ? `${operation} sends ${show(sent.rest)}` : undefined;
  });
  return violations(await Promise.all(found));
}

/** What is wrong with how the key gets onto requests. */
function faultOfAuth({ auth }: ProviderAdapter): string | undefined {
  if (auth.kind === 'sigv4')
    return /^[a-z0-9-]+ [a-z0-9-]+$/.test(`${auth.service} ${auth.region}`)
      ? undefined
      : `signs for ${show(auth)}`;
  if (auth.kind !== 'minted' || auth.url.startsWith('/')) return undefined;
  const holdsKey = Object.values(auth.form).includes(secret);
  return holdsKey && new URL(auth.url).protocol === 'https:' ? undefined : `has tokens made at ${auth.url}`;
}

function isSoundData(adapter: ProviderAdapter) {
  const { cancel, documentation, limits, list, cancelMany, statusMany, mostBytes = 1 } = adapter;
  const isHttps = (url: string) => URL.canParse(url) && new URL(url).protocol === 'https:';
  const base = new URL(baseUrlOf(adapter));
  const sizes = [list?.pageSize ?? 1, cancelMany?.maxIds ?? 1, statusMany?.maxIds ?? 1];
  return violations([
    isHttps(base.href) && base.search + base.hash + base.username === ''
      ? undefined
      : `the base ${base.href}`,
    documentation.length > 0 ? undefined : 'no documentation is cited',
    ...[cancel, ...(cancelMany === undefined ? [] : [cancelMany])].map(({ page }) =>
      isHttps(page.url) ? undefined : `the page ${page.url}`,
    ),
    ...documentation.map((url) => (isHttps(url) ? undefined : `the page ${url}`)),
    ...sizes.map((size) => (size >= 1 ? undefined : `the size ${size}`)),
    faultOfAuth(adapter),
    mostBytes >= 1 && mostBytes <= 4_000_000 ? undefined : `bodies of ${mostBytes} bytes`,
    ...limits.map(({ atOnce = 1 }) => (atOnce >= 1 ? undefined : `${atOnce} requests at once`)),
    ...limits.map(({ limit: { count, windowMs } = { count: 1, windowMs: 1 } }) =>
      count >= 1 && windowMs >= 1 ? undefined : `the limit of ${count} in ${windowMs} ms`,
    ),
    ...requestKinds.map((operation) =>
      limits.filter((group) => group.operations.includes(operation)).length < 2
        ? undefined
        : `two limits on ${operation}`,
    ),
  ]);
}

/** The laws about what may leave us. */
export const requestLaws = [
  { name: 'refuses every id that could be more than one segment of a path', check: refusesHostileIds },
  { name: 'gives an id one canonical form, which stays as it is', check: keepsCanonicalIds },
  {
    name: 'takes every form of an id for the same job, in requests and answers',
    check: knowsEveryFormOfAnId,
  },
  { name: 'has an id that no job has, in its own form', check: canAskForNoJob },
  { name: 'keeps every id inside one segment of its own origin', check: keepsIdsInTheirSegment },
  { name: 'hands the cursor of a list on as one value of the query', check: handsCursorsOn },
  { name: 'lets the key leave in one header and nowhere else', check: sendsTheKeyInOneHeader },
  { name: 'states https pages, positive limits and a base without extras', check: isSoundData },
] as const satisfies readonly Law[];
