import type { Cause } from '../contract/outcome.ts';
import type { ProxyUse } from '../http/proxy.ts';

/** A known reason. `why`: a clause about what could not be reached, called `it`. `step`: what there is to do. */
interface Reason {
  readonly why: string;
  readonly step: string;
}

/** The reasons for which a provider is not reached, by their causes. Those of the store are told where it is used. */
const reasons: Partial<Record<Cause, Reason>> = {
  certificate: {
    why: 'its TLS certificate is not trusted here',
    step: 'If your network inspects TLS, set NODE_EXTRA_CA_CERTS to the file of its certificate and start again; else check the base URL.',
  },
  name: {
    why: 'the name of its host is not known here',
    step: 'Check the base URL, and the network and DNS of this machine, then ask again.',
  },
  refused: {
    why: 'its host refused the connection',
    step: 'Check the base URL, then ask again.',
  },
  timeout: {
    why: 'it did not answer in time',
    step: 'Look at the status page of the provider, then ask again.',
  },
  proxy: {
    why: 'the proxy in HTTPS_PROXY could not be reached or refused the connection',
    step: 'Check HTTPS_PROXY, or name the host in NO_PROXY, and start again.',
  },
  secret_unreadable: {
    why: 'the secret that holds its API key could not be read just now',
    step: 'Ask again in a few seconds: the secret is read again. If it stays so, look into the log.',
  },
};

/** Why a provider could not be reached, where that is known, as a clause: `its host refused the connection`. */
export function whyUnreached(cause: Cause | undefined): string | undefined {
  return cause && reasons[cause]?.why;
}

/** What there is to do about it. */
export function stepAfter(cause: Cause | undefined): string | undefined {
  return cause && reasons[cause]?.step;
}

/** That a provider could not be asked at its base URL, why, and what there is to do where that is known. */
export function notAskedFinding({
  why,
  cause,
  baseUrl,
}: {
  readonly why: string;
  readonly cause: Cause | undefined;
  readonly baseUrl: string | undefined;
}): string {
  const step = stepAfter(cause);
  const where = baseUrl === undefined ? '' : ` at ${baseUrl}`;
  const what = `The provider could not be asked${where}: ${whyUnreached(cause) ?? why}.`;
  return step === undefined ? what : `${what} ${step}`;
}

const without = 'Until then providers are asked without it.';

/** What becomes of the proxy in `HTTPS_PROXY`, where there is one. */
const proxyFindings: Record<Exclude<ProxyUse, 'none'>, string> = {
  used: 'Providers are asked through the proxy in HTTPS_PROXY, but for the hosts in NO_PROXY.',
  malformed: `HTTPS_PROXY is not used: it must be the URL of an HTTP proxy, such as http://proxy.example:3128. ${without}`,
  settable: `HTTPS_PROXY is not used: this Node must be told at its start. Set NODE_USE_ENV_PROXY=1, or use Node 24.14 or newer. ${without}`,
  unsupported: `HTTPS_PROXY is not used: this Node cannot. Use Node 24.14 or newer. ${without}`,
};

/** What becomes of the proxy that the environment names; `undefined` where it names none. */
export function proxyFinding(use: ProxyUse): string | undefined {
  return use === 'none' ? undefined : proxyFindings[use];
}
