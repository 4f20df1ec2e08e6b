import * as z from 'zod';
import { type ProblemType, problems } from '../../functions/http/problem.ts';
import type { Fault, Result } from '../../shared/contract/result.ts';
import { isObject, readAnswer } from '../../shared/lib/json.ts';
import type { Exchanged } from './exchange.ts';
import { withHarmlessTexts } from './tolerant.ts';
import {
  type AskedServer,
  busyFault,
  leftFault,
  lostFault,
  oddFault,
  oddities,
  olderFault,
  tokenFault,
} from './words.ts';

/** Reads the value of an answer; `undefined` if it is none. */
export type ReadValue<T> = (body: unknown) => T | undefined;

/** What a request led to, as the gateway of this process would have given it: a value, or every fault. */
export function readServerAnswer<T>(exchanged: Exchanged, read: ReadValue<T>, asked: AskedServer): Result<T> {
  if (exchanged.kind === 'left') return faultyWith(leftFault(exchanged.opened, asked));
  if (exchanged.kind === 'lost') return faultyWith(lostFault(exchanged, asked));
  const { status, text, retryAfterSeconds } = exchanged;
  if (text === undefined) return faultyWith(oddFault(oddities.too_long(asked.url), asked));
  if (status >= 300 && status < 400) return faultyWith(oddFault(oddities.redirect(asked.url, status), asked));
  const body = withHarmlessTexts(readAnswer(text));
  const problem = problemSchema.safeParse(body);
  if (problem.success) return { ok: false, faults: faultsOf(problem.data, retryAfterSeconds, asked) };
  const value = isObject(body) ? read(body) : undefined;
  if (value !== undefined) return { ok: true, value };
  const isBusy = status === 429;
  return faultyWith(
    isBusy ? busyFault(asked, retryAfterSeconds) : oddFault(oddities.foreign(asked.url, status), asked),
  );
}

function faultyWith(fault: Fault): Result<never> {
  return { ok: false, faults: [fault] };
}

/** A problem of calloff, of any version. */
const problemSchema = z.object({
  type: z.templateLiteral(['urn:calloff:problem:', z.string()]),
  title: z.string(),
  status: z.number(),
  faults: z
    .array(z.object({ path: z.string(), message: z.string(), next_step: z.string().optional() }))
    .optional(),
});
type Problem = z.infer<typeof problemSchema>;

/** The kinds of the faults that a problem lists. */
const kinds: ReadonlyMap<string, Fault['kind']> = new Map<ProblemType, Fault['kind']>([
  ['invalid-request', 'invalid'],
  ['unreadable', 'invalid'],
  ['unsafe-path', 'invalid'],
  ['forbidden', 'denied'],
  ['unknown-provider', 'unknown_provider'],
  ['unknown-operation', 'unknown_operation'],
  ['confirmation', 'confirmation'],
  ['wrong-state', 'state'],
  ['key-reused', 'other_request'],
  ['body-too-large', 'invalid'],
  ['too-often', 'rate_limited'],
  ['store-unavailable', 'unavailable'],
  ['not-configured', 'unavailable'],
]);

function faultsOf(problem: Problem, retryAfterSeconds: number | undefined, asked: AskedServer): Fault[] {
  const type = problem.type.slice('urn:calloff:problem:'.length);
  if (type === 'unauthorized') return [tokenFault(asked)];
  if (type === 'no-such-route' || type === 'method-not-allowed') return [olderFault(asked)];
  const kind = kinds.get(type);
  if (kind === undefined && problem.status >= 500)
    return [
      oddFault(type === 'internal' ? oddities.internal(asked.url) : problem.title, asked, 'Try again.'),
    ];
  const { faults = [{ path: '', message: titleOf(type, problem) }] } = problem;
  return faults.map(({ path, message, next_step: step }) => ({
    ...{ path, message, kind: kind ?? 'denied' },
    ...(step !== undefined && { step }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }));
}

/** The title of a problem that this version knows is its own, and of any other the server's. */
function titleOf(type: string, { title }: Problem): string {
  return new Map<string, { readonly title: string }>(Object.entries(problems)).get(type)?.title ?? title;
}
