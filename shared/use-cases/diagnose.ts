import { randomUUID } from 'node:crypto';
import type { Cause } from '../contract/outcome.ts';
import type { Connection } from '../engine/connection.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { ClientAnswer, RequestLimits } from '../http/provider-client.ts';
import { newTurn } from '../http/rate-limit/turn.ts';
import type { ProviderRequest } from '../http/types.ts';
import { notAskedFinding } from '../messages/cause.ts';
import { keyFinding } from '../messages/key.ts';
import type { RequestKind } from '../providers/adapter.ts';

/** One thing examined at a provider, and whether it was as the adapter expects. */
export interface Check {
  readonly check: 'key' | 'list' | 'status' | 'missing_job';
  /** `not_asked`: the provider was to be asked and could not be. `not_checked`: there was nothing to ask, or to ask with. */
  readonly result: 'as_expected' | 'differs' | 'not_asked' | 'not_checked';
  /** Why, in a sentence of ours. */
  readonly finding: string;
  readonly cause?: Cause;
}

/** One exchange, as it was. `body` holds whatever the provider said. */
export interface Exchange {
  readonly operation: RequestKind;
  readonly request: ProviderRequest;
  readonly status: number;
  readonly body: unknown;
}

/** What was found out about a connection. */
export interface Diagnosis {
  readonly provider: string;
  /** Where it was asked; absent where there is no key to ask with. */
  readonly baseUrl?: string;
  readonly checks: readonly Check[];
  readonly exchanges: readonly Exchange[];
}

const budgetMs = 30_000;

/**
 * Finds out, by reading only, whether a connection's real answers have the shape that its adapter expects. Once `signal`
 * is aborted nothing more is asked.
 */
export async function diagnose(connection: Connection, signal?: AbortSignal): Promise<Diagnosis> {
  const exchanges: Exchange[] = [];
  const ask = async (operation: RequestKind, request: ProviderRequest): Promise<ClientAnswer> => {
    const answer = await connection.client.ask(operation, () => request, termsFrom(connection, signal));
    if (answer.kind === 'response') exchanges.push({ operation, request, ...answer.response });
    return answer;
  };
  const credential = await connection.credentials.current();
  if (credential === undefined) {
    const { isFaulty, finding } = keyFinding(connection);
    const result = isFaulty ? 'not_asked' : 'not_checked';
    return { provider: connection.name, checks: [check('key', result, finding)], exchanges };
  }
  if (credential === 'unreadable') {
    const unread = { kind: 'unsent', code: 'provider_unavailable', cause: 'secret_unreadable' } as const;
    return { provider: connection.name, checks: [notAsked('key', unread)], exchanges };
  }
  const { baseUrl } = credential;
  return {
    provider: connection.name,
    baseUrl,
    checks: await examineWith({ ...connection, baseUrl }, ask),
    exchanges,
  };
}

type Examined = Pick<Connection, 'adapter'> & { readonly baseUrl: string };
type Ask = (operation: RequestKind, request: ProviderRequest) => Promise<ClientAnswer>;

async function examineWith({ adapter, baseUrl }: Examined, ask: Ask): Promise<Check[]> {
  const listed = await ask('list', adapter.list.request({}, null));
  if (listed.kind !== 'response') return [notAsked('key', listed, baseUrl)];
  const page = adapter.list.read(listed.response, null);
  if (page.kind === 'failure' && page.code === 'credentials_rejected') {
    return [check('key', 'differs', `The key was not accepted (HTTP ${listed.response.status}).`)];
  }
  if (page.kind === 'failure') {
    return [
      check('key', 'not_checked', 'Nothing shows whether the key is accepted.'),
      check('list', 'differs', `The list was not understood (HTTP ${listed.response.status}).`),
    ];
  }
  const key = check('key', 'as_expected', 'The key was accepted.');
  const entries = countEntries(listed.response.body);
  const whole = entries === page.jobs.length;
  const list = check(
    'list',
    whole ? 'as_expected' : 'differs',
    `${page.jobs.length} of ${entries} jobs were understood.`,
  );
  const [job] = page.jobs;
  const examined = { adapter, baseUrl };
  return [key, list, await examineLook(examined, job?.jobId, ask), await examineMissing(examined, ask)];
}

async function examineLook(
  { adapter, baseUrl }: Examined,
  jobId: string | undefined,
  ask: Ask,
): Promise<Check> {
  if (jobId === undefined) return check('status', 'not_checked', 'There is no job to look at.');
  const answer = await ask('status', adapter.status.request(jobId));
  if (answer.kind !== 'response') return notAsked('status', answer, baseUrl);
  const reading = adapter.status.read(answer.response, jobId);
  if (reading.kind !== 'seen')
    return check('status', 'differs', `The job was not understood (HTTP ${answer.response.status}).`);
  return reading.job.state === 'unknown'
    ? check('status', 'differs', 'The job has a status that the adapter does not know.')
    : check('status', 'as_expected', `A job was seen, ${reading.job.state}.`);
}

/** A job that cannot exist tells whether this provider's own "no such job" is recognised. */
async function examineMissing({ adapter, baseUrl }: Examined, ask: Ask): Promise<Check> {
  const jobId = randomUUID();
  const answer = await ask('status', adapter.status.request(jobId));
  if (answer.kind !== 'response') return notAsked('missing_job', answer, baseUrl);
  const known = adapter.status.read(answer.response, jobId).kind === 'not_found';
  return known
    ? check('missing_job', 'as_expected', 'A job that does not exist is recognised as such.')
    : check(
        'missing_job',
        'differs',
        `A job that does not exist is not recognised as such (HTTP ${answer.response.status}).`,
      );
}

function check(name: Check['check'], result: Check['result'], finding: string): Check {
  return { check: name, result, finding };
}

function termsFrom({ clock }: Connection, signal: AbortSignal | undefined): RequestLimits {
  const answerBy = clock.now() + budgetMs;
  const patience = (ms: number) => AbortSignal.any([AbortSignal.timeout(ms), ...(signal ? [signal] : [])]);
  return {
    sendBy: answerBy,
    answerBy,
    signal,
    patience,
    failureLimit: new FailureLimit(),
    turn: newTurn('read'),
  };
}

type NoResponse = Exclude<ClientAnswer, { kind: 'response' }>;

function notAsked(name: Check['check'], answer: NoResponse, baseUrl?: string): Check {
  const cause = answer.kind === 'skipped' ? undefined : answer.cause;
  const finding = notAskedFinding({ why: whyNot(answer), cause, baseUrl });
  return { ...check(name, 'not_asked', finding), ...(cause && { cause }) };
}

function whyNot(answer: NoResponse): string {
  if (answer.kind === 'unsent') return answer.code;
  if (answer.kind === 'skipped') return answer.reason === 'aborted' ? 'it was broken off' : 'the time was up';
  return answer.opened ? 'it did not answer' : 'no connection came about';
}

/** How many entries the list in a body has: that of the body itself, or of its first list. */
function countEntries(body: unknown): number {
  if (Array.isArray(body)) return body.length;
  if (typeof body !== 'object' || body === null) return 0;
  const lists = Object.values(body).filter((value) => Array.isArray(value));
  return lists[0]?.length ?? 0;
}

const tellingKeys = /^(status|job_status|error_code|job_type|code|statusCode|error)$/;

/** A body with every text replaced that is not a word of a status, so that it can become a fixture. */
export function redact(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, 3).map((item) => redact(item, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [redactKey(name), redact(item, name)]),
    );
  }
  if (typeof value !== 'string') return value;
  if (tellingKeys.test(key) && /^[A-Za-z_ ]{1,24}$/.test(value)) return value;
  return /^\d{4}-\d\d-\d\dT/.test(value) ? '<time>' : '<string>';
}

/** A key that is an id, as in a map from ids, is no name of a field. */
function redactKey(name: string): string {
  return /^[a-z][A-Za-z_]{0,40}$/.test(name) ? name : '<key>';
}
