import { isLoopback } from '../../shared/http/url-path.ts';
import { isAllowedOrigin } from '../http/origin.ts';

/** What shows where a request comes from. */
export interface RequestOrigin {
  readonly fetchSite: string | undefined;
  readonly origin: string | undefined;
  /** As the client sent it: a trusted proxy says so, or the request itself. */
  readonly host: string | undefined;
  /** Whether the client asked with TLS; `undefined` if no trusted proxy says so. */
  readonly isSecure?: boolean | undefined;
  /** The address under which people reach the page, if it is set: a proxy may send another `Host`. */
  readonly publicUrl: URL | undefined;
}

/**
 * Whether a request comes from a page of this site: a browser tells that in `Sec-Fetch-Site`, an older one in `Origin`. A
 * request with neither is not known to.
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function isFromThisSite({ fetchSite, origin, host = '', publicUrl }: RequestOrigin): boolean {
  if (fetchSite !== undefined) return fetchSite === 'same-origin';
  if (origin === undefined) return false;
  return isAllowedOrigin(host, origin, 'any') || origin === publicUrl?.origin;
}

/** Whether the page is served on loopback, without TLS: its cookie never leaves this machine, and cannot be `Secure`. */
export function isOnLoopback({
  origin,
  host,
  isSecure = false,
}: Pick<RequestOrigin, 'origin' | 'host' | 'isSecure'>): boolean {
  const page = origin ?? `${isSecure ? 'https' : 'http'}://${host}`;
  if (!URL.canParse(page)) return false;
  const url = new URL(page);
  return url.protocol === 'http:' && isLoopback(url);
}

/**
 * Whether a request may come from such a page, so that its cookie may be one that other servers of this host name could set,
 * too. A request without `Origin` only reads, and a proxy may hide the host: it says no more than the public address does.
 */
export function mayBeOnLoopback({
  origin,
  host,
  isSecure,
  publicUrl,
}: Omit<RequestOrigin, 'fetchSite'>): boolean {
  if (isSecure) return false;
  if (origin !== undefined) return isOnLoopback({ origin, host });
  return publicUrl?.protocol !== 'https:' || host !== publicUrl.host;
}

/** Whether the browser would keep the cookie of a session: a page without TLS on another machine gets none. */
export function keepsSessions(from: Pick<RequestOrigin, 'origin' | 'host' | 'isSecure'>): boolean {
  return !from.origin?.startsWith('http:') || isOnLoopback(from);
}
