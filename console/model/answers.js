/** @import { Answer, StopDialog } from '../types.d.ts' */

/** The problems with which calloff says that it did nothing of a request. Others leave open what became of a stop. */
const refusals = new Set([
  ...[
    'invalid-request',
    'unreadable',
    'unsafe-path',
    'body-too-large',
    'no-such-route',
    'method-not-allowed',
  ],
  ...['unauthorized', 'not-configured', 'foreign-site', 'forbidden', 'too-often'],
  ...['unknown-provider', 'unknown-operation', 'wrong-state', 'confirmation', 'key-reused'],
]);

const ownProblem = 'urn:calloff:problem:';

/**
 * Whether calloff itself said that it did nothing. A proxy can answer any status, also after it has passed a request on.
 * @param {Pick<Answer<unknown>, 'kind'>} answer
 */
export const wasRefused = ({ kind }) => kind !== undefined && refusals.has(kind);

/**
 * What calloff refused was not carried out; what it did not answer may have been, whatever a proxy answered in its place. An
 * operation in another state than the page knew may have been started by another request.
 * @param {Answer<unknown>} answer
 * @returns {Pick<StopDialog, 'phase' | 'problem'>}
 */
export function failed(answer) {
  const isUndone = wasRefused(answer) && answer.kind !== 'wrong-state';
  return { phase: isUndone ? 'failed' : 'lost', problem: answer.problem ?? '' };
}

/**
 * Whether calloff itself said that there is no session.
 * @param {Pick<Answer<unknown>, 'kind'>} answer
 */
export const hasNoSession = ({ kind }) => kind === 'unauthorized';

/**
 * Reads an answer. What calloff did not write is told in the page's own words.
 * @template Value
 * @param {Response} response
 * @returns {Promise<Answer<Value>>} rejects if the answer breaks off
 */
export async function answerOf(response) {
  const { status, headers } = response;
  const etag = headers.get('etag');
  const seen = { status, ...(etag !== null && { etag }) };
  if (status === 304 || status === 204) return seen;
  const seconds = Number(headers.get('retry-after') ?? '0');
  const timed = seconds > 0 ? { ...seen, retryAfterSeconds: seconds } : seen;
  const value = parsed(await response.text());
  // The name of the problem is calloff's own, whatever type a proxy gave the answer.
  const kind = kindOf(value);
  if (!response.ok && kind !== undefined) return { ...timed, kind, ...told(value) };
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json');
  // An outcome has a status of its own; any other error is the word of a proxy, not of calloff.
  if (!isProblem && value !== undefined && (response.ok || 'outcome' in value)) return { ...timed, value };
  return { ...timed, problem: `Something in front of calloff answered ${status} in its place.` };
}

/**
 * @param {string} text
 * @returns {any} an object; `undefined` if it is none
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The kind of a problem that calloff tells; `undefined` for one of anything else.
 * @param {{ readonly type?: unknown } | undefined} value
 */
function kindOf({ type } = {}) {
  return typeof type === 'string' && type.startsWith(ownProblem) ? type.slice(ownProblem.length) : undefined;
}

/**
 * @param {{ readonly title: string, readonly faults?: readonly { readonly path: string, readonly message: string }[] }} problem
 */
function told({ title, faults = [] }) {
  const sentences = faults.map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  return { problem: [title, ...sentences].join(' '), faultyPaths: faults.map(({ path }) => path) };
}
