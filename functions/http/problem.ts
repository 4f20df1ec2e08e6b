import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type * as z from 'zod';
import type { Fault } from '../../shared/contract/result.ts';
import { toldFaults } from '../../shared/use-cases/validate.ts';
import type { HonoEnvironment } from './hono-env.ts';
import type { problemSchema } from './openapi/problem-schema.ts';

/** Every fault, the caller's or calloff's, that is answered with RFC 9457 problem details. Types are stable. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request has faults. Nothing was done.' },
  unreadable: { status: 400, title: 'The request cannot be read. Nothing was done.' },
  'unsafe-path': { status: 400, title: 'The path contains a dot segment or a fragment. Nothing was done.' },
  unauthorized: { status: 401, title: 'The request needs a valid bearer token.' },
  forbidden: {
    status: 403,
    title: 'The policy of this installation does not allow this request. Nothing was done.',
  },
  'unknown-provider': { status: 404, title: 'There is no provider with this name here. Nothing was done.' },
  'unknown-operation': { status: 404, title: 'You have no operation with this id. Nothing was done.' },
  'no-such-route': { status: 404, title: 'There is no such route.' },
  'method-not-allowed': { status: 405, title: 'This route does not support this method.' },
  confirmation: { status: 409, title: 'The confirmation is not valid for this. Nothing was done.' },
  'wrong-state': { status: 409, title: 'This cannot be done with the operation as it is. Nothing was done.' },
  'key-reused': {
    status: 422,
    title: 'The idempotency key was used for another request. Nothing was done.',
  },
  'body-too-large': { status: 413, title: 'The body is larger than 2 MB. Nothing was done.' },
  'too-often': { status: 429, title: 'You have used up your reads for this minute. Nothing was done.' },
  internal: { status: 500, title: 'An internal error occurred in calloff.' },
  'store-unavailable': { status: 503, title: 'The store of this installation is unavailable.' },
  'not-configured': {
    status: 503,
    title: 'calloff has no token configured, or cannot read it now, so it admits no one.',
  },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;
export type ProblemType = keyof typeof problems;

/** Answers with problem details, listing every fault found. */
export function problem(
  context: Context<HonoEnvironment>,
  type: ProblemType,
  faults: readonly Fault[] = [],
): Response {
  return problemFrom(context, { type, ...problems[type] }, faults);
}

/** A problem by its type, status and title. */
interface ToldProblem {
  readonly type: string;
  readonly status: ContentfulStatusCode;
  readonly title: string;
}

/** The same for a problem of a part that not every app has. */
export function problemFrom(
  context: Context<HonoEnvironment>,
  { type, status, title }: ToldProblem,
  faults: readonly Fault[] = [],
): Response {
  const [cause] = faults.flatMap((fault) => fault.cause ?? []);
  const body: z.infer<typeof problemSchema> = {
    type: `urn:calloff:problem:${type}`,
    title,
    status,
    request_id: context.get('requestId'),
    ...(cause && { cause }),
    ...(faults.length === 0
      ? {}
      : {
          faults: toldFaults(faults).map(({ path, message, step }) => ({
            ...{ path, message },
            ...(step !== undefined && { next_step: step }),
          })),
        }),
  };
  const [retryAfter] = faults.flatMap(({ retryAfterSeconds: seconds }) => seconds ?? []);
  return context.body(JSON.stringify(body), status, {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
}

/** The problem type for a list of faults. Faults of different kinds make an invalid request. */
export function problemOf(faults: readonly Fault[]): ProblemType {
  const [kind] =
    new Set(faults.map((fault) => fault.kind)).size === 1 ? faults.map((fault) => fault.kind) : [];
  return kind === undefined ? 'invalid-request' : problemsByKind[kind];
}

const problemsByKind: Record<Fault['kind'], ProblemType> = {
  invalid: 'invalid-request',
  unknown_provider: 'unknown-provider',
  denied: 'forbidden',
  rate_limited: 'too-often',
  confirmation: 'confirmation',
  unavailable: 'store-unavailable',
  unknown_operation: 'unknown-operation',
  state: 'wrong-state',
  other_request: 'key-reused',
  lost: 'internal',
};
