import { randomUUID } from 'node:crypto';
import type { JobList, RequestKind, StatusReading } from '../adapter/adapter.ts';
import type { Cause } from '../contract/outcome.ts';
import type { Connection } from '../engine/connection.ts';
import type { ClientAnswer, UnsentCode } from '../http/client-answer.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import { newTurn } from '../http/rate-limit/turn.ts';
import type { ProviderRequest, ProviderResponse } from '../http/types.ts';
import { timeLimit } from '../lib/abort.ts';
import { notAskedFinding, stepAfterSilence } from '../messages/cause.ts';
import { noListFinding, unreadListFinding } from '../messages/findings/no-list.ts';
import { keyFinding, rejectedKeyFinding } from '../messages/key.ts';

/** One check of a provider, and whether the answer was as the adapter expects. */
export interface Check {
  readonly check: 'key' | 'list' | 'status' | 'missing_job';
  /** `not_asked`: calloff got no answer to check. `not_checked`: calloff had no key, or nothing to ask about. */
  readonly result: 'as_expected' | 'differs' | 'not_asked' | 'not_checked';
  /** The reason, in calloff's own sentence. */
  readonly finding: string;
  readonly cause?: Cause;
}

/** One exchange with a provider. `body` is the provider's own. */
export interface RecordedExchange {
  readonly operation: RequestKind;
  readonly request: ProviderRequest;
  readonly status: number;
  readonly body: unknown;
}

/** The findings about a connection. */
export interface Diagnosis {
  readonly provider: string;
  /** The base URL that was asked; absent without a key. */
  readonly baseUrl?: string;
  readonly checks: readonly Check[];
  readonly exchanges: readonly RecordedExchange[];
}

const budgetMs = 30_000;

/**
 * Checks, by reading only, whether a connection's real answers have the shape that its adapter expects. Sends no further
 * request after `signal` is aborted.
 */
export async function diagnose(connection: Connection, signal?: AbortSignal): Promise<Diagnosis> {
  const exchanges: RecordedExchange[] = [];
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

type Examined = Pick<Connection, 'adapter' | 'name' | 'credentials'> & { readonly baseUrl: string };
type Ask = (operation: RequestKind, request: ProviderRequest) => Promise<ClientAnswer>;

async function examineWith(examined: Examined, ask: Ask): Promise<Check[]> {
  const { list } = examined.adapter;
  return list === undefined ? examineWithoutList(examined, ask) : examineByList(examined, list, ask);
}

const acceptedKey = check('key', 'as_expected', 'The provider accepted the key.');
const keyInDoubt = check(
  'key',
  'not_checked',
  'This answer does not show whether the provider accepts the key.',
);

function rejectedKey(connection: Examined, { status }: ProviderResponse): Check {
  return check('key', 'differs', rejectedKeyFinding(connection, status));
}

async function examineByList(examined: Examined, jobList: JobList, ask: Ask): Promise<Check[]> {
  const { baseUrl } = examined;
  const listed = await ask('list', jobList.request({}, null));
  if (listed.kind !== 'response') return [notAsked('key', listed, baseUrl)];
  const page = jobList.read(listed.response, null);
  if (page.kind === 'failure' && page.code === 'credentials_rejected')
    return [rejectedKey(examined, listed.response)];
  if (page.kind === 'failure') {
    return [keyInDoubt, check('list', 'differs', unreadListFinding(page.code, listed.response.status))];
  }
  const entries = countEntries(listed.response.body);
  const whole = entries === page.jobs.length;
  const list = check(
    'list',
    whole ? 'as_expected' : 'differs',
    `The adapter could read ${page.jobs.length} of ${entries} jobs.`,
  );
  const [job] = page.jobs;
  return [
    ...[acceptedKey, list, await examineLook(examined, job?.jobId, ask)],
    await examineMissing(examined, ask),
  ];
}

/** Without a list, only the answer about a job that cannot exist shows whether the key is accepted. */
async function examineWithoutList(examined: Examined, ask: Ask): Promise<Check[]> {
  const { adapter, baseUrl } = examined;
  const jobId = adapter.absentJobId ?? randomUUID();
  const answer = await ask('status', adapter.status.request(jobId));
  if (answer.kind !== 'response') return [notAsked('key', answer, baseUrl)];
  const reading = adapter.status.read(answer.response, jobId);
  if (reading.kind === 'failure' && reading.code === 'credentials_rejected')
    return [rejectedKey(examined, answer.response)];
  return [
    reading.kind === 'failure' ? keyInDoubt : acceptedKey,
    check('list', 'not_checked', noListFinding(adapter)),
    check('status', 'not_checked', 'Without a list, no job is known whose status could be checked.'),
    missingJobCheck(reading, answer.response),
  ];
}

async function examineLook(
  { adapter, baseUrl }: Examined,
  jobId: string | undefined,
  ask: Ask,
): Promise<Check> {
  if (jobId === undefined)
    return check('status', 'not_checked', 'The list holds no job whose status could be checked.');
  const answer = await ask('status', adapter.status.request(jobId));
  if (answer.kind !== 'response') return notAsked('status', answer, baseUrl);
  const reading = adapter.status.read(answer.response, jobId);
  if (reading.kind !== 'seen')
    return check('status', 'differs', `The adapter could not read the job (HTTP ${answer.response.status}).`);
  return reading.job.state === 'unknown'
    ? check('status', 'differs', 'The job has a status that the adapter does not know.')
    : check('status', 'as_expected', `The status of a job was read: ${reading.job.state}.`);
}

/** Asks for a job that cannot exist, to check that the adapter recognises the provider's own "no such job". */
async function examineMissing({ adapter, baseUrl }: Examined, ask: Ask): Promise<Check> {
  const jobId = adapter.absentJobId ?? randomUUID();
  const answer = await ask('status', adapter.status.request(jobId));
  if (answer.kind !== 'response') return notAsked('missing_job', answer, baseUrl);
  return missingJobCheck(adapter.status.read(answer.response, jobId), answer.response);
}

function missingJobCheck({ kind }: StatusReading, { status }: ProviderResponse): Check {
  return kind === 'not_found'
    ? check(
        'missing_job',
        'as_expected',
        'The adapter recognises the answer about a job that does not exist.',
      )
    : check(
        'missing_job',
        'differs',
        `The adapter does not recognise the answer about a job that does not exist (HTTP ${status}).`,
      );
}

function check(name: Check['check'], result: Check['result'], finding: string): Check {
  return { check: name, result, finding };
}

function termsFrom({ clock }: Connection, signal: AbortSignal | undefined): RequestLimits {
  const answerBy = clock.now() + budgetMs;
  const patience = (ms: number) => timeLimit(clock, ms, signal);
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
  const otherwise = answer.kind === 'lost' ? stepAfterSilence : undefined;
  const finding = notAskedFinding({ why: whyNot(answer), cause, baseUrl, otherwise });
  return { ...check(name, 'not_asked', finding), ...(cause && { cause }) };
}

const unsentBecause: Record<UnsentCode, string> = {
  provider_not_configured: 'there is no usable API key',
  rate_limited: 'its rate limit leaves no request within the time of this check',
  credentials_rejected: 'it did not accept the API key before',
  provider_unavailable: 'it could not be reached or did not give a usable answer',
};

function whyNot(answer: NoResponse): string {
  if (answer.kind === 'unsent') return unsentBecause[answer.code];
  if (answer.kind === 'skipped')
    return answer.reason === 'aborted' ? 'the check was interrupted' : 'the time ran out';
  return answer.opened ? 'it did not answer' : 'no connection could be opened';
}

/** The number of entries in a body that is a list, or in the first list in it. */
function countEntries(body: unknown): number {
  if (Array.isArray(body)) return body.length;
  if (typeof body !== 'object' || body === null) return 0;
  const lists = Object.values(body).filter((value) => Array.isArray(value));
  return lists[0]?.length ?? 0;
}

const tellingKeys = /^(status|job_status|error_code|job_type|code|statusCode|error)$/;

/** A body in which every text that is not a status word is replaced, so that it can become a fixture. */
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

/** Replaces a key that is an id, as in a map by ids, and not the name of a field. */
function redactKey(name: string): string {
  return /^[a-z][A-Za-z_]{0,40}$/.test(name) ? name : '<key>';
}
