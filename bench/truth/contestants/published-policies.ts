import { setTimeout as wait } from 'node:timers/promises';
import type { ProviderName } from '../../../sandbox/sandbox.ts';
import { type Account, type Contestant, jobByJob } from '../contestant.ts';
import type { Claim } from '../score.ts';
import { cancelRequest } from './request.ts';

/**
 * What the published clients of four providers do, which are in Python: how they ask, when they ask again, and what they say.
 * Written after their sources, without a line of theirs. PromptLoop has no client that we found.
 */

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

interface Sending {
  readonly account: Account;
  readonly id: string;
  readonly signal: AbortSignal;
  /** The method, where the provider takes two. */
  readonly method?: string;
  /** The library follows redirects, as requests does and httpx does not. */
  readonly followsRedirects?: boolean;
  readonly timeoutMs?: number;
}

/** Sends one cancel. Rejects if there is no whole answer. */
async function send({ account, id, ...how }: Sending): Promise<Answer> {
  const { url, method, headers, body = null } = cancelRequest(account, id, how.method);
  const redirect = how.followsRedirects ? 'follow' : 'manual';
  const signals = how.timeoutMs === undefined ? [] : [AbortSignal.timeout(how.timeoutMs)];
  const signal = AbortSignal.any([how.signal, ...signals]);
  const response = await fetch(url, { method, headers, body, redirect, signal });
  const { status } = response;
  return { status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

interface Again {
  readonly times: number;
  readonly statuses: readonly number[];
  /** Whether it asks again where there was no answer, too. */
  readonly unanswered: boolean;
  readonly pauseMs: number;
}

/** Sends a cancel, and again as the policy has it, each time after twice the pause. */
async function sendAgain(sending: Sending, { times, statuses, unanswered, pauseMs }: Again): Promise<Answer> {
  for (let left = times, pause = pauseMs; ; left -= 1, pause *= 2) {
    const answer = await send(sending).catch((error: unknown) => {
      if (left === 0 || !unanswered || sending.signal.aborted) throw error;
      return undefined;
    });
    if (answer !== undefined && (left === 0 || !statuses.includes(answer.status))) return answer;
    await wait(pause, undefined, { signal: sending.signal });
  }
}

const isOk = ({ status }: Answer) => status >= 200 && status < 300;

function claimOfStatus({ status }: Answer): Claim {
  return status === 404 ? 'no such job' : 'not cancelled';
}

/** The fields of a JSON object; `undefined` if the text is none. */
function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

const transient = [500, 502, 503, 504, 520, 521, 522, 524];
type Policy = (sending: Sending) => Promise<Claim>;

/** github.com/ionq/ionq-core-python: `ionq_core/_transport.py`, `ionq_core/api/default/cancel_job.py`. */
const ionq: Policy = async (sending) => {
  const statuses = [429, 500, 502, 503, ...Array.from({ length: 10 }, (_, index) => 520 + index)];
  const again = { times: 2, statuses, unanswered: true, pauseMs: 500 };
  const answer = await sendAgain({ ...sending, timeoutMs: 60_000 }, again).catch(() => undefined);
  if (answer === undefined) return 'open';
  if (answer.status >= 400) return claimOfStatus(answer);
  // Any other status but 200 gives `None`; of a 200 it reads the fields `id` and `status`.
  if (answer.status !== 200) return 'open';
  const { id, status } = objectIn(answer.text) ?? {};
  if (id === undefined || status === undefined) return 'nothing';
  return status === 'canceled' ? 'cancelled' : 'open';
};

const fieldsOfJob = ['job_id', 'status', 'job_type', 'created_at', 'is_terminal', 'is_failed'];

/** github.com/ionworks/ionworks-api: `ionworks/client.py`, `ionworks/job.py`. A POST is sent again only if the connection broke. */
const ionworks: Policy = async (sending) => {
  const again = { times: 5, statuses: [], unanswered: true, pauseMs: 300 };
  const whole = { ...sending, followsRedirects: true, timeoutMs: 10_000 };
  const answer = await sendAgain(whole, again).catch(() => undefined);
  if (answer === undefined) return 'open';
  if (!isOk(answer)) return claimOfStatus(answer);
  // Without this very type, or without a body, it takes the answer itself for the fields of a job, and fails.
  if (answer.type !== 'application/json' || answer.text === '') return 'nothing';
  const job = objectIn(answer.text);
  if (job === undefined) return 'open';
  if (fieldsOfJob.some((field) => job[field] === undefined)) return 'open';
  const { status } = job;
  if (status === 'canceled') return 'cancelled';
  return status === 'completed' || status === 'failed' ? 'finished' : 'open';
};

/** github.com/sutro-sh/sutro: `sutro/sdk.py`, `cancel_job`. It asks by GET, and prints "Job cancelled" on a 200. */
const sutro: Policy = async (sending) => {
  const answer = await send({ ...sending, method: 'GET', followsRedirects: true }).catch(() => undefined);
  if (answer === undefined) return 'open';
  return answer.status === 200 ? 'cancelled' : 'not cancelled';
};

/**
 * github.com/Qiskit/qiskit-ibm-runtime: `qiskit_ibm_runtime/api/session.py`, `qiskit_ibm_runtime/runtime_job_v2.py`. It notes
 * `CANCELLED` after any 2xx, and says "Failed to cancel job" of everything else, a lost connection too.
 */
const ibmQuantum: Policy = async (sending) => {
  const again = { times: 5, statuses: transient, unanswered: false, pauseMs: 500 };
  const answer = await sendAgain({ ...sending, followsRedirects: true }, again).catch(() => undefined);
  if (sending.signal.aborted) return 'nothing';
  return answer !== undefined && isOk(answer) ? 'cancelled' : 'not cancelled';
};

const policies: { readonly [name in ProviderName]?: Policy } = {
  ionq,
  ionworks,
  sutro,
  'ibm-quantum': ibmQuantum,
};

/** Clients with the policies of published ones, for providers whose own client does not run on Node. */
export const publishedPolicies: Contestant = {
  name: "policies of the providers' Python clients",
  providers: ['ionq', 'ionworks', 'sutro', 'ibm-quantum'],
  atOnce: { quick: 16, slow: 200 },
  open: async (accounts) =>
    jobByJob(accounts, async (account, id, signal) => {
      const policy = policies[account.provider];
      if (policy === undefined) throw new Error(`there is no policy for ${account.provider}`);
      return policy({ account, id, signal });
    }),
};
