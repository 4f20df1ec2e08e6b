/** @import { Answer } from './types.d.ts' */

import { gate } from './model/gate.js';
import { learnTime } from './time.js';

/**
 * @typedef {object} Ask
 * @property {'GET' | 'POST' | 'DELETE'} [method] By default `GET`.
 * @property {Readonly<Record<string, string | undefined>>} [query]
 * @property {object} [body]
 * @property {string} [etag] Of the answer that is known already: an unchanged one has the status 304 and no value.
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {AbortSignal} [signal] that gives the request up
 */

/**
 * A browser keeps six connections to a host, for all its windows. Reads take at most four of them, so that what stops a job
 * never waits for one.
 */
const mostReads = 4;
const takeTurn = gate(mostReads);

/**
 * @param {string} path below the page's own folder, so that the page works behind a path prefix
 * @param {Ask['query']} query
 */
function addressOf(path, query = {}) {
  const address = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
  return address;
}

/**
 * Asks calloff's API. It never rejects: without an answer the status is 0.
 * @template Value
 * @param {string} path such as `v1/jobs`
 * @param {Ask} [options]
 * @returns {Promise<Answer<Value>>}
 */
export async function ask(path, options = {}) {
  if (options.method !== undefined && options.method !== 'GET') return send(path, options);
  const giveBack = await takeTurn();
  const answer = await send(path, options);
  giveBack();
  return /** @type {Answer<Value>} */ (answer);
}

/**
 * @template Value
 * @param {string} path
 * @param {Ask} options
 * @returns {Promise<Answer<Value>>}
 */
async function send(path, { method = 'GET', query, body, etag, headers, signal }) {
  try {
    const response = await fetch(addressOf(path, query), {
      method,
      ...(signal && { signal }),
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        ...headers,
        ...(etag && { 'if-none-match': etag }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return await answerOf(response);
  } catch {
    return { status: 0, problem: 'calloff does not answer. What it does already goes on.' };
  }
}

/**
 * @template Value
 * @param {Response} response
 * @returns {Promise<Answer<Value>>}
 */
async function answerOf(response) {
  const { status, headers } = response;
  learnTime(headers.get('date'));
  const seen = { status, ...optional('etag', headers.get('etag')) };
  if (status === 304 || status === 204) return seen;
  const seconds = Number(headers.get('retry-after') ?? '0');
  const timed = seconds > 0 ? { ...seen, retryAfterSeconds: seconds } : seen;
  const value = await response.json();
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json');
  if (isProblem) return { ...timed, ...told(value) };
  // An outcome has a status of its own; any other error is the word of a proxy, not of calloff.
  const isOwn = response.ok || 'outcome' in value;
  return isOwn
    ? { ...timed, value }
    : { ...timed, problem: `Something in front of calloff answered ${status}.` };
}

/**
 * @param {{ readonly title: string, readonly faults?: readonly { readonly path: string, readonly message: string }[] }} problem
 */
function told({ title, faults = [] }) {
  const sentences = faults.map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  return { problem: [title, ...sentences].join(' '), faultyPaths: faults.map(({ path }) => path) };
}

/**
 * @param {'etag'} name
 * @param {string | null} value
 */
function optional(name, value) {
  return value === null ? {} : { [name]: value };
}
