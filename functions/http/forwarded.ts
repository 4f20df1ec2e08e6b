import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { ProxyAddress } from '../../shared/config/environment/trusted-proxies.ts';

/** What a trusted proxy says of a request that it passes on. */
export interface Forwarded {
  /** The host that the client asked for. */
  readonly host?: string | undefined;
  /** Whether the client asked with TLS. */
  readonly isSecure?: boolean | undefined;
  /** The address of the client. */
  readonly client?: string | undefined;
}

/** The used part of a request of Node. */
interface Arrived {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * Reads `X-Forwarded-Host`, `-Proto` and `-For`, only of requests that one of the `proxies` sent. Of each the last value counts,
 * which that proxy added itself, and of `-For` the last address that is no proxy's: all before it may be a stranger's.
 */
export function forwardedReader(proxies: readonly ProxyAddress[]): (arrived: Arrived) => Forwarded {
  const known = new BlockList();
  for (const { address, family, prefix } of proxies) known.addSubnet(address, prefix, family);
  const isProxy = (address: string) => known.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return ({ headers, socket: { remoteAddress = '' } }) => {
    if (isIP(remoteAddress) === 0 || !isProxy(remoteAddress)) return { client: remoteAddress };
    const chain = [...valuesOf(headers['x-forwarded-for']), remoteAddress];
    const proto = valuesOf(headers['x-forwarded-proto']).at(-1);
    const host = valuesOf(headers['x-forwarded-host']).at(-1);
    const client = chain.findLast((address) => isIP(address) === 0 || !isProxy(address));
    return {
      host: host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host) ? host : undefined,
      isSecure: proto === 'https' ? true : proto === 'http' ? false : undefined,
      client: client !== undefined && isIP(client) !== 0 ? client : remoteAddress,
    };
  };
}

function valuesOf(header: string | readonly string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((each) => each.split(',').map((value) => value.trim()));
}
