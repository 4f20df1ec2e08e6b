/** The headers that a request of an adapter may have by name. None of them can hold a key or lead a request elsewhere. */
export const requestHeaders = [
  'accept',
  'anthropic-version',
  'content-type',
  'ibm-api-version',
  'openai-organization',
  'openai-project',
  'service-crn',
  'x-amz-target',
  'x-github-api-version',
] as const;
/** Besides those an API's own: its version, and most of what begins with `x-`. */
export type RequestHeader = (typeof requestHeaders)[number] | `x-${string}` | `${string}-version`;

/** What proxies route by and signatures are made of, although it begins as an API's own headers do. */
const ofOthers = /^(sec-|proxy-|x-(amz-|forwarded-|original-|rewrite-|real-|(http-)?method))/;
const namedHeaders: ReadonlySet<string> = new Set(requestHeaders);

/** Whether a request of an adapter may have the header. Any other is not sent. */
export function isRequestHeader(name: string): boolean {
  return namedHeaders.has(name) || (/^(x-[a-z0-9-]+|[a-z0-9-]+-version)$/.test(name) && !ofOthers.test(name));
}

/** The headers of a response that an adapter may read. */
export const responseHeaders = [
  'link',
  'ratelimit',
  'ratelimit-reset',
  'retry-after',
  'retry-after-ms',
  'x-amzn-errortype',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
] as const;
export type ResponseHeader = (typeof responseHeaders)[number];

/** The headers of a response that an adapter may read; `undefined` if it has none of them. */
export function readableHeaders(headers: Headers): { [name in ResponseHeader]?: string } | undefined {
  const found: { [name in ResponseHeader]?: string } = {};
  for (const name of responseHeaders) {
    const value = headers.get(name);
    if (value !== null) found[name] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
