import type { ProxySettings } from '../http/proxy.ts';

/**
 * The proxy in `HTTPS_PROXY` and the exceptions in `NO_PROXY`. Names in lower case win, as for curl. `undefined` without a
 * proxy. The value is checked where it is used, because it is not a setting of calloff.
 */
export function readProxy(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const read = (name: string) => (environment[name.toLowerCase()] || environment[name])?.trim();
  const written = read('HTTPS_PROXY');
  if (written === undefined || written === '') return undefined;
  // A proxy without a scheme is an HTTP proxy, as for curl.
  const text = written.includes('://') ? written : `http://${written}`;
  const url = URL.canParse(text) && /^https?:/i.test(text) ? new URL(text) : undefined;
  const { NODE_USE_ENV_PROXY: use } = environment;
  return { url, except: read('NO_PROXY') ?? '', nodeUsesIt: use === '1' };
}
