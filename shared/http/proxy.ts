/** The proxy that the environment names. */
export interface ProxySettings {
  /** Absent where what the variable holds is no URL of an HTTP proxy. */
  readonly url: URL | undefined;
  /** Hosts that are reached without it, as `NO_PROXY` lists them. */
  readonly except: string;
  /** Whether Node was told by `NODE_USE_ENV_PROXY` to use it on its own. */
  readonly nodeUsesIt: boolean;
}

/** What became of it. `unsupported`: this Node cannot be told while it runs; `settable`: but when it starts, by a variable. */
export type ProxyUse = 'none' | 'used' | 'malformed' | 'settable' | 'unsupported';

/** `fetch` has one way out per process, and so has this: what it is set to. */
let inUse: { readonly url: URL; restore(): void } | undefined;
let use: ProxyUse = 'none';

const loopback = 'localhost,127.0.0.1,::1,[::1]';

/**
 * Has every `fetch` of this process to an `https` host go through the proxy, but for those that are excepted and this machine.
 * Node can be told so while it runs from 24.14 on (https://nodejs.org/api/http.html#httpsetglobalproxyfromenvproxyenv).
 * Without settings nothing is changed but what was set before.
 */
export function useProxy(settings: ProxySettings | undefined): ProxyUse {
  inUse?.restore();
  inUse = undefined;
  use = settings === undefined ? 'none' : setUp(settings);
  return use;
}

/** What became of the proxy that was named last. */
export function proxyUse(): ProxyUse {
  return use;
}

/** Whether an error of connecting is about the proxy and not about the host behind it. */
export function isProxy({ host, port }: { readonly host?: unknown; readonly port?: unknown }): boolean {
  if (inUse === undefined) return false;
  const { hostname, port: own, protocol } = inUse.url;
  const ownPort = Number(own || (protocol === 'https:' ? httpsPort : 80));
  // Where a proxy listens on the port that providers have, its address alone would tell, and that is not known.
  return host === hostname || (port === ownPort && ownPort !== httpsPort);
}

const httpsPort = 443;

function setUp({ url, except, nodeUsesIt }: ProxySettings): ProxyUse {
  if (url === undefined) return 'malformed';
  const http = process.getBuiltinModule('node:http');
  const canStartWithIt = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
  if ('setGlobalProxyFromEnv' in http) {
    const noProxy = [except, loopback].filter((hosts) => hosts !== '').join(',');
    try {
      inUse = { url, restore: http.setGlobalProxyFromEnv({ HTTPS_PROXY: url.href, NO_PROXY: noProxy }) };
      return 'used';
    } catch {
      // Node is stricter about it than a URL is, and names it in its error, with the password that may be in it.
      return 'malformed';
    }
  }
  if (!canStartWithIt) return 'unsupported';
  if (!nodeUsesIt) return 'settable';
  inUse = { url, restore: () => undefined };
  return 'used';
}
