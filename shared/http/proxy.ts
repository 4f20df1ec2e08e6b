/** The proxy in the environment. */
export interface ProxySettings {
  /** Absent if the value is not the URL of an HTTP proxy. */
  readonly url: URL | undefined;
  /** The hosts that are called without it, as `NO_PROXY` lists them. */
  readonly except: string;
  /** Whether Node already uses it because of `NODE_USE_ENV_PROXY`. */
  readonly nodeUsesIt: boolean;
}

/** Whether the proxy is used. `settable`: this version of Node takes it only at start-up, by a variable; `unsupported`: not at all. */
export type ProxyUse = 'none' | 'used' | 'malformed' | 'settable' | 'unsupported';

/** The proxy in use. It is global, because `fetch` has one dispatcher per process. */
let inUse: { readonly url: URL; restore(): void } | undefined;
let use: ProxyUse = 'none';

const loopback = 'localhost,127.0.0.1,::1,[::1]';

/**
 * Sends every `fetch` of this process to an `https` host through the proxy, except excluded hosts and this machine. Needs
 * Node 24.14 (https://nodejs.org/api/http.html#httpsetglobalproxyfromenvproxyenv). Without settings it only undoes an
 * earlier call.
 */
export function useProxy(settings: ProxySettings | undefined): ProxyUse {
  inUse?.restore();
  inUse = undefined;
  use = settings === undefined ? 'none' : setUp(settings);
  return use;
}

/** Whether the last configured proxy is used. */
export function proxyUse(): ProxyUse {
  return use;
}

/** Whether a connection error is about the proxy and not about the host behind it. */
export function isProxy({ host, port }: { readonly host?: unknown; readonly port?: unknown }): boolean {
  if (inUse === undefined) return false;
  const { hostname, port: own, protocol } = inUse.url;
  const ownPort = Number(own || (protocol === 'https:' ? httpsPort : 80));
  // A proxy on the providers' own port could be told only by its address, which is not known.
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
      // Node is stricter than the URL parser, and its error shows the value with a password that may be in it.
      return 'malformed';
    }
  }
  if (!canStartWithIt) return 'unsupported';
  if (!nodeUsesIt) return 'settable';
  inUse = { url, restore: () => undefined };
  return 'used';
}
