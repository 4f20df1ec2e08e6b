import type { Cause } from '../contract/outcome.ts';
import type { ProxyUse } from '../http/proxy.ts';

/** A known reason. `why`: a clause that calls the provider `it`. `step`: what can be done, by the callers too unless it `isAtCalloff`. */
interface Reason {
  readonly why: string;
  readonly step: string;
  /** Whether only a person who runs calloff can take the step. */
  readonly isAtCalloff?: true;
}

/** Why a provider could not be reached, by cause. Causes in the store have their sentences in `store.ts`. */
const reasons: Partial<Record<Cause, Reason>> = {
  certificate: {
    why: 'this machine does not trust its TLS certificate',
    step: 'If your network inspects TLS, set NODE_EXTRA_CA_CERTS to the file with its certificate and restart calloff. Otherwise check the base URL.',
    isAtCalloff: true,
  },
  name: {
    why: 'its host name could not be resolved',
    step: 'Check the base URL, and the network and DNS of this machine, then try again.',
    isAtCalloff: true,
  },
  refused: {
    why: 'its host refused the connection',
    step: 'Check the base URL, then try again.',
    isAtCalloff: true,
  },
  timeout: {
    why: 'it did not answer in time',
    step: "Check the provider's status page, then try again.",
  },
  proxy: {
    why: 'the proxy in HTTPS_PROXY could not be reached or refused the connection',
    step: 'Check HTTPS_PROXY, or add the host to NO_PROXY, then restart calloff.',
    isAtCalloff: true,
  },
  secret_unreadable: {
    why: 'calloff could not read the secret with its API key',
    step: 'Try again in a few seconds: calloff then reads the secret again. If that does not help, check the log of calloff.',
  },
};

/** Why a provider could not be reached, if that is known, as a clause: `its host refused the connection`. */
export function whyUnreached(cause: Cause | undefined): string | undefined {
  return cause && reasons[cause]?.why;
}

/** What a caller can do about it. */
export function callersStepAfter(cause: Cause | undefined): string | undefined {
  const reason = cause && reasons[cause];
  return reason?.isAtCalloff ? operatorStep(reason.step) : reason?.step;
}

/**
 * A step that only a person who runs calloff can take. The same sentence is read at a terminal on that machine and by the callers of
 * a server, who cannot take it.
 */
export function operatorStep(step: string): string {
  return `${step} If calloff runs on a server, ask its administrator to do that.`;
}

/** What the reader can do if a provider did not answer, and nothing shows why. */
export const stepAfterSilence = 'Check the base URL, then try again.';

/** Says that calloff could not check a provider at its base URL, why, and what the reader can do if that is known. */
export function notAskedFinding({
  why,
  cause,
  baseUrl,
  otherwise,
}: {
  readonly why: string;
  readonly cause: Cause | undefined;
  readonly baseUrl: string | undefined;
  /** What the reader can do if the cause is not known. */
  readonly otherwise: string | undefined;
}): string {
  const step = (cause && reasons[cause]?.step) ?? otherwise;
  const where = baseUrl === undefined ? '' : ` at ${baseUrl}`;
  const what = `calloff could not check the provider${where}: ${whyUnreached(cause) ?? why}.`;
  return step === undefined ? what : `${what} ${step}`;
}

const without = 'Until then calloff calls providers without a proxy.';

/** Whether calloff uses the proxy in `HTTPS_PROXY`, if there is one. */
const proxyFindings: Record<Exclude<ProxyUse, 'none'>, string> = {
  used: 'calloff calls providers through the proxy in HTTPS_PROXY, except the hosts in NO_PROXY.',
  malformed: `HTTPS_PROXY is not used: it must be the URL of an HTTP proxy, such as http://proxy.example:3128. ${without}`,
  settable: `HTTPS_PROXY is not used: this version of Node reads it only at start-up. Set NODE_USE_ENV_PROXY=1, or use Node 24.14 or newer. ${without}`,
  unsupported: `HTTPS_PROXY is not used: this version of Node does not support it. Use Node 24.14 or newer. ${without}`,
};

/** Whether calloff uses the proxy that the environment names; `undefined` if it names none. */
export function proxyFinding(use: ProxyUse): string | undefined {
  return use === 'none' ? undefined : proxyFindings[use];
}
