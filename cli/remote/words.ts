import type { Cause } from '../../shared/contract/outcome.ts';
import type { Fault } from '../../shared/contract/result.ts';
import type { GatewayMethod } from '../../shared/gateway.ts';
import { whyUnreached } from '../../shared/messages/cause.ts';

/** What a sentence about a request to a server is about. `reader`: who reads it, at a terminal or through the MCP tools. */
export interface AskedServer {
  readonly url: string;
  readonly operation: GatewayMethod;
  readonly reader: 'cli' | 'stdio';
}

/** The methods that change nothing, so that it does not matter whether they were carried out. */
const harmless: ReadonlySet<GatewayMethod> = new Set([
  'getJob',
  'getJobs',
  'listJobs',
  'listProviders',
  'getCaller',
  'listConfirmations',
  'showConfirmation',
  'readAudit',
  'getOperation',
  'listOutcomes',
  'listOperations',
]);

/** How to see the result of a request, by what it was about and by who reads it. */
const looks = {
  cancel: {
    cli: 'Before you repeat the cancel, look at the jobs: "calloff get PROVIDER ID" shows their status, and "calloff audit" what was sent.',
    stdio: 'Before you repeat the cancel, look at the jobs with list_jobs.',
  },
  operation: {
    cli: 'Before you repeat it, see how far it is: "calloff operations" lists your operations.',
    stdio: 'Before you repeat it, see how far it is: get_operation lists your operations.',
  },
  confirm: {
    cli: 'Repeat the command: it says if the confirmation has been given or closed.',
    stdio: 'Call the tool again.',
  },
} as const;

function looksOf(operation: GatewayMethod): keyof typeof looks {
  if (operation === 'cancelJob' || operation === 'cancelJobs') return 'cancel';
  return operation.endsWith('Confirmation') ? 'confirm' : 'operation';
}

/** What keeps an answer from being one of calloff, as a whole sentence. */
export const oddities = {
  redirect: (url: string, status: number) =>
    `${url} answers with a redirect (HTTP ${status}), which calloff does not follow, because it would hand the token to another address.`,
  foreign: (url: string, status: number) =>
    `The answer from ${url} (HTTP ${status}) is not one of calloff: it may come from a proxy, or from another program.`,
  too_long: (url: string) => `The answer from ${url} is longer than any of calloff, so it was not read.`,
  internal: (url: string) => `An internal error occurred in the server at ${url}.`,
} as const;

const checkUrl = 'Check CALLOFF_URL, or the address that you gave "calloff login".';

/** What a sentence says at its end of a request that was not carried out. Of one that only reads, that would be beside the point. */
function nothingDone({ operation }: AskedServer): string {
  return harmless.has(operation) ? '' : ' Nothing was done.';
}

/** A fault of a request that was not carried out, or of one that only reads. */
function unanswered(what: string, step: string): Fault {
  return { path: '', kind: 'unavailable', message: `${what} ${step}`, step };
}

/** The fault of a request whose answer never came, or is not calloff's. If it may have been carried out, the fault says so. */
export function oddFault(what: string, { url, operation, reader }: AskedServer, step = checkUrl): Fault {
  if (harmless.has(operation)) return unanswered(what, step);
  const look = looks[looksOf(operation)][reader];
  const perhaps = `The request had been sent to ${url}, so the server may have carried it out.`;
  return { path: '', kind: 'lost', message: `${what} ${perhaps} ${look}`, step: look };
}

/** The fault of a request without an answer. `opened`: it may have reached the server. */
export function lostFault(
  { opened, cause }: { readonly opened: boolean; readonly cause?: Cause | undefined },
  asked: AskedServer,
): Fault {
  const why = whyUnreached(cause);
  if (!opened)
    return unanswered(
      `The server at ${asked.url} could not be reached${why === undefined ? '' : `: ${why}`}.${nothingDone(asked)}`,
      cause === 'certificate'
        ? 'If your network inspects TLS, set NODE_EXTRA_CA_CERTS to the file with its certificate. Otherwise check CALLOFF_URL.'
        : cause === 'proxy'
          ? 'Check HTTPS_PROXY, or add the host to NO_PROXY.'
          : `${checkUrl} Then try again.`,
    );
  const what =
    cause === 'timeout'
      ? `The server at ${asked.url} did not answer in time.`
      : `The connection to ${asked.url} ended before the answer was complete.`;
  return oddFault(what, asked, 'Try again.');
}

/** The fault of a request that this process was told to wait for no longer. */
export function leftFault(opened: boolean, asked: AskedServer): Fault {
  if (!opened || harmless.has(asked.operation))
    return { path: '', kind: 'unavailable', message: `Interrupted.${nothingDone(asked)}` };
  const what =
    looksOf(asked.operation) === 'cancel'
      ? 'Interrupted. A calloff server sends nothing more once its client has left, and records what it sent; one on AWS carries the request out.'
      : 'Interrupted.';
  return oddFault(what, asked);
}

/** The fault of a token that the server does not accept. */
export function tokenFault(asked: AskedServer): Fault {
  const step =
    'Set CALLOFF_TOKEN to a valid token of a caller there, or run "calloff login" again. An administrator makes tokens with "calloff token create".';
  const message = `The server at ${asked.url} does not accept the token: it is wrong, has expired or was revoked.${nothingDone(asked)} ${step}`;
  return { path: '', kind: 'denied', message, step };
}

/** The fault of a request that the server does not know. */
export function olderFault(asked: AskedServer): Fault {
  return unanswered(
    `The server at ${asked.url} does not know this request: it is older than this calloff, or the address is not that of calloff.${nothingDone(asked)}`,
    checkUrl,
  );
}

/** The fault of a path or a proxy that takes no more requests at the moment. */
export function busyFault({ url }: AskedServer, retryAfterSeconds: number | undefined): Fault {
  const step =
    retryAfterSeconds === undefined ? 'Try again in a minute.' : `Try again in ${retryAfterSeconds} s.`;
  const what = `${url} takes no more requests at the moment (HTTP 429), before calloff has seen this one.`;
  return { path: '', kind: 'rate_limited', message: `${what} ${step}`, step, retryAfterSeconds };
}
