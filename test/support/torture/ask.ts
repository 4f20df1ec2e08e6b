import * as z from 'zod';
import { parseJson } from '../../../shared/lib/json.ts';
import type { RunRecord } from './record.ts';
import type { TorturedServer } from './server.ts';
import { budgetMs, type TorturedCaller } from './world.ts';

/** A request of a caller. */
export interface Ask {
  /** What it is, for the events. */
  readonly what: string;
  readonly server: TorturedServer;
  readonly caller: TorturedCaller;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** It is signed, by Slack or by a session, and has no token. */
  readonly isSigned?: boolean;
  /** The client leaves after so many milliseconds. */
  readonly leavesAfterMs?: number;
}

/** What came back. */
export interface Heard {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

const reasonsSchema = z.object({
  code: z.string().optional(),
  cause: z.string().optional(),
  type: z.string().optional(),
  outcome: z.string().optional(),
  reason: z.string().optional(),
});

/** What of an answer says whose fault it is. */
export function reasonsIn(json: unknown): string[] {
  const { data } = reasonsSchema.safeParse(json);
  if (data === undefined) return [];
  return [data.code, data.cause, data.type, data.outcome, data.reason].filter((each) => each !== undefined);
}

/** Longer than the time for a call, and than a server may stand still. */
const patienceMs = budgetMs + 40_000;

/** Asks, and takes down what can be judged of any answer. `undefined`: there was none. */
export async function ask(record: RunRecord, request: Ask): Promise<Heard | undefined> {
  const {
    what,
    server,
    caller,
    method = 'POST',
    path,
    body,
    headers = {},
    leavesAfterMs,
    isSigned = false,
  } = request;
  const { url, name } = server;
  if (url === undefined) return undefined;
  const from = record.now();
  const { token } = caller.token;
  record.count('requests');
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(isSigned ? {} : { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(leavesAfterMs ?? patienceMs),
    });
    const text = await response.text();
    const { status } = response;
    record.shows(`the answer to ${what}`, `${text}\n${[...response.headers].join('\n')}`);
    const json = parseJson(text);
    if (status === 401 && !isSigned && caller.token.token === token)
      record.wrong(`${what} of ${caller.name} was turned away by ${name} although the token counts`);
    const about = `${method} ${path.slice(0, 60)} (${what})`;
    record.answered({ what: about, server: name, from, to: record.now(), status, reasons: reasonsIn(json) });
    return { status, text, json };
  } catch (error) {
    if (leavesAfterMs === undefined)
      record.answered({
        what,
        server: name,
        from,
        to: record.now(),
        status: undefined,
        reasons: [causeOf(error)],
      });
    return undefined;
  }
}

/** The code of what broke a connection. */
function causeOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  return cause instanceof Error ? `${'code' in cause ? cause.code : ''} ${cause.message}` : 'no error';
}
