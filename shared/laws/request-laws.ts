import { type ProviderAdapter, requestKinds } from '../adapter/adapter.ts';
import { secret } from '../http/auth/auth.ts';
import { Authorizer } from '../http/auth/authorizer.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { isRequestHeader, requestHeaders } from '../http/headers.ts';
import { send } from '../http/send-request.ts';
import type { ProviderRequest } from '../http/types.ts';
import type { ProviderFixtures } from './fixtures.ts';
import { baseUrlOf, type Law, probesOf, show, violations } from './law.ts';
import { canaryKey, canaryKeyFor } from './parts/canary.ts';
import { ManualClock } from './parts/manual-clock.ts';

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
  const credential = { apiKey: canaryKeyFor(auth), baseUrl };
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
  const keyHeader = auth.kind === 'sigv4' ? undefined : auth.header;
  const own = headers.filter(
    ([name]) => !usualHeaders.has(name) && (name === keyHeader || !isRequestHeader(name)),
  );
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
    const unsent = Object.keys(request.headers ?? {}).find((name) => !isRequestHeader(name));
    if (unsent !== undefined)
      return `${operation} asks for the header ${unsent}, which calloff does not send`;
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
  { name: 'lets the key leave in one header and nowhere else', check: sendsTheKeyInOneHeader },
  { name: 'states https pages, positive limits and a base without extras', check: isSoundData },
] as const satisfies readonly Law[];
