/** What shows where a request comes from. */
export interface RequestOrigin {
  readonly fetchSite: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** The address under which people reach the page, if it is set: a proxy may send another `Host`. */
  readonly publicUrl: URL | undefined;
}

/**
 * Whether a request comes from a page of this site: a browser tells that in `Sec-Fetch-Site`, an older one in `Origin`. A
 * request with neither is not known to.
 */
export function isFromThisSite({ fetchSite, origin, host, publicUrl }: RequestOrigin): boolean {
  if (fetchSite !== undefined) return fetchSite === 'same-origin';
  if (origin === undefined || !URL.canParse(origin)) return false;
  const from = new URL(origin);
  return from.host === host?.toLowerCase() || from.origin === publicUrl?.origin;
}
