/** The host names of a server; `any` if a proxy in front checks them, or if none is known. */
export type Hosts = 'any' | readonly string[];

/**
 * Whether the `Host` and `Origin` of a request are allowed. Programs send no `Origin`. A web page must come from this
 * server: from one of its names, or from the host in the request. `null`, which any sandboxed page can send, is foreign.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function isAllowedOrigin(host: string, origin: string | undefined, hosts: Hosts): boolean {
  if (hosts === 'any') return origin === undefined || isOwn(origin, host);
  return hosts.includes(withoutPort(host)) && (origin === undefined || hosts.includes(nameIn(origin)));
}

/** Browsers write both headers in lower case and without the default port. */
function isOwn(origin: string, host: string): boolean {
  return host !== '' && (origin === `https://${host}` || origin === `http://${host}`);
}

function nameIn(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : '';
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
