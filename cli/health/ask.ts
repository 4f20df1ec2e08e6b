import type { IncomingMessage } from 'node:http';
import { invalid, ok, type Result } from '../../shared/contract/result.ts';
import { isObject, parseJson } from '../../shared/lib/json.ts';

/** How long an answer may take, in milliseconds: with the start of the process it is under a second. */
const patienceMs = 700;
/** The most that is read of an answer, in characters. */
const mostRead = 1_000;

/**
 * Asks the liveness route of a server, and follows no redirect. A fault is a sentence that says what came instead of its answer.
 * `base`: the address of the server; its path, if it has one, ends with a slash.
 */
export async function askHealth(base: URL): Promise<Result<URL>> {
  const { get } = base.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Promise((resolve) => {
    const request = get(new URL('healthz', base), { agent: false, signal: AbortSignal.timeout(patienceMs) });
    request.on('response', (response) => {
      textOf(response).then(
        (text) => resolve(isAlive(response, text) ? ok(base) : invalid('', strange(response))),
        (error) => resolve(invalid('', silence(error))),
      );
    });
    request.on('error', (error) => resolve(invalid('', silence(error))));
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += chunk;
    if (text.length > mostRead) break;
  }
  return text;
}

function isAlive({ statusCode }: IncomingMessage, text: string): boolean {
  const body = parseJson(text);
  const { status } = isObject(body) ? body : {};
  return statusCode === 200 && status === 'ok';
}

function strange({ statusCode }: IncomingMessage): string {
  return `The answer has the status ${statusCode} and is not that of calloff: another program, or a proxy, answers there.`;
}

/** Why there is no answer. */
function silence(error: Error & { readonly code?: unknown }): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `No answer came within ${patienceMs / 1_000} s.`;
  return error.code === 'ECONNREFUSED'
    ? 'No program listens there (ECONNREFUSED).'
    : `There is no connection (${String(error.code ?? error.name)}).`;
}
