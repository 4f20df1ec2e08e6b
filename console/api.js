/** @import { Answer } from './types.d.ts' */

import { answerOf } from './model/answers.js';
import { semaphore } from './semaphore.js';
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
 * A browser keeps six connections to a host, for all its windows. What stops a job waits for no read. Reads take turns by what
 * they may hang on: so a list or a look that hangs never holds up what follows a stop, which asks calloff alone.
 */
const turns = { list: semaphore(3), look: semaphore(1), own: semaphore(1) };
/** What is longer ends with the page, in characters: a browser keeps 64 KB at most of all requests together. */
const longestKept = 15_000;
/** How long a read may take, in milliseconds: a list as long as calloff may take for it. */
const deadlinesMs = { list: 130_000, look: 20_000, own: 20_000 };

/**
 * @param {string} path
 * @param {Ask['query']} query
 * @returns {keyof typeof turns}
 */
function sortOf(path, query) {
  if (path === 'v1/jobs') return 'list';
  return path.startsWith('v1/providers/') || query?.check ? 'look' : 'own';
}

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
  if (options.method !== undefined && options.method !== 'GET') return change(path, options);
  const sort = sortOf(path, options.query);
  const answer = await turns[sort](() => inTime(path, options, deadlinesMs[sort]));
  return /** @type {Answer<Value>} */ (answer);
}

/** A change without an answer after so long may wait for a connection, in milliseconds: calloff itself waits shorter. */
const lateMs = 3_000;
/** All windows share the connections. Through these one tells all, itself too, that it may wait for one. */
const [asking, asked] = [new BroadcastChannel('calloff room'), new BroadcastChannel('calloff room')];

/**
 * Has `task` run whenever a stop, in any window, may wait for a connection that reads take.
 * @param {() => void} task
 */
export function onRoomWanted(task) {
  asked.addEventListener('message', task);
}

/**
 * @template Value
 * @param {string} path
 * @param {Ask} options
 * @returns {Promise<Answer<Value>>}
 */
async function change(path, options) {
  const timer = setTimeout(() => asking.postMessage(path), lateMs);
  const answer = await send(path, options);
  clearTimeout(timer);
  return /** @type {Answer<Value>} */ (answer);
}

/**
 * Reads, and gives up when the time is over: what hangs may not keep others waiting.
 * @param {string} path
 * @param {Ask} options
 * @param {number} deadlineMs
 * @returns {Promise<Answer<unknown>>}
 */
async function inTime(path, options, deadlineMs) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), deadlineMs);
  const { signal } = control;
  const both = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
  const answer = await send(path, { ...options, signal: both });
  clearTimeout(timer);
  if (!signal.aborted || answer.status !== 0) return answer;
  const seconds = deadlineMs / 1_000;
  const silent = `There was no answer within ${seconds} s: the provider, calloff or something between does not respond.`;
  return { status: 0, problem: `${silent} Try again later.` };
}

/**
 * @template Value
 * @param {string} path
 * @param {Ask} options
 * @returns {Promise<Answer<Value>>}
 */
async function send(path, { method = 'GET', query, body, etag, headers, signal }) {
  const text = body && JSON.stringify(body);
  try {
    const response = await fetch(addressOf(path, query), {
      method,
      ...(signal && { signal }),
      // A stop that was pressed goes on if the page is closed or loaded anew before its answer.
      keepalive: method !== 'GET' && (text ?? '').length < longestKept,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        ...headers,
        ...(etag && { 'if-none-match': etag }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(text && { body: text }),
    });
    learnTime(response.headers.get('date'));
    return await answerOf(response);
  } catch {
    return { status: 0, problem: 'calloff did not answer. Whatever it had started goes on.' };
  }
}
