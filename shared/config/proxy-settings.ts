import type { ProxySettings } from '../http/proxy.ts';

/**
 * The proxy that `HTTPS_PROXY` names, and what `NO_PROXY` excepts; the names may be in lower case, which goes first, as it does
 * for curl. `undefined` where none is named. What the variable holds is judged where it is used: it is no setting of ours.
 */
export function readProxy(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const read = (name: string) => (environment[name.toLowerCase()] || environment[name])?.trim();
  const written = read('HTTPS_PROXY');
  if (written === undefined || written === '') return undefined;
  // As for curl, a proxy without a scheme is an HTTP proxy.
  const text = written.includes('://') ? written : `http://${written}`;
  const url = URL.canParse(text) && /^https?:/i.test(text) ? new URL(text) : undefined;
  const { NODE_USE_ENV_PROXY: use } = environment;
  return { url, except: read('NO_PROXY') ?? '', nodeUsesIt: use === '1' };
}
