/** The names under which a server may be asked; `any` where whatever is in front has seen to it, or none is known. */
export type Hosts = 'any' | readonly string[];

/**
 * Whether a request may come in by its `Host` and `Origin`. Programs send no `Origin`. A web page must be of this very
 * server: of one of its names, or of the host that was asked. `null`, which any sandboxed page can send, is foreign.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function isAllowedOrigin(host: string, origin: string | undefined, hosts: Hosts): boolean {
  if (hosts === 'any') return origin === undefined || isOwn(origin, host);
  return hosts.includes(withoutPort(host)) && (origin === undefined || hosts.includes(nameIn(origin)));
}

/** Browsers write both headers alike: in lower case, and without the default port. */
function isOwn(origin: string, host: string): boolean {
  return host !== '' && (origin === `https://${host}` || origin === `http://${host}`);
}

function nameIn(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : '';
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
