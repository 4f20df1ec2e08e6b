import * as z from 'zod';
import type { Route } from '../../functions/http/route.ts';
import { routes } from '../../functions/http/routes.ts';
import { clientHeaders } from '../../functions/own-client.ts';
import { auditResultSchema } from '../../shared/access/audit/entry.ts';
import { callerViewSchema } from '../../shared/access/caller-view.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { ServerInUse } from '../../shared/config/client/server-in-use.ts';
import { jobSchema } from '../../shared/contract/answers/job-schema.ts';
import {
  operationListSchema,
  operationOutcomesSchema,
  operationSchema,
} from '../../shared/contract/answers/operation-schema.ts';
import { outcomeSchema } from '../../shared/contract/answers/outcome-schema.ts';
import {
  bulkResultSchema,
  confirmationViewSchema,
  listResultSchema,
  oneResultSchema,
  providerSchema,
  waitingListSchema,
} from '../../shared/contract/answers/responses.ts';
import { invalid, ok, type Result } from '../../shared/contract/result.ts';
import type { CalledGateway, GatewayMethod } from '../../shared/gateway.ts';
import { isObject } from '../../shared/lib/json.ts';
import { version } from '../../shared/lib/version.ts';
import { exchange, type RemoteRequest } from './exchange.ts';
import { type ReadValue, readServerAnswer } from './read-server-answer.ts';
import { readTolerantly } from './tolerant.ts';

/** How long the answer of a server may be on its way, in milliseconds. */
const onTheWayMs = 2_000;

/**
 * The gateway of a server: each method sends the request of its route, and gives what the gateway of the server gave. A fault
 * says what is known if there is no answer. `reader`: whom the server words its answers for.
 * `check`: what must be so before a request is sent.
 */
export function createRemoteGateway(
  server: ServerInUse,
  reader: 'cli' | 'stdio' | undefined,
  check?: (context: RequestContext) => Promise<Result<true>>,
): CalledGateway {
  const ask =
    <T>(operation: GatewayMethod, read: ReadValue<T>) =>
    async (request: unknown, context: RequestContext): Promise<Result<T>> => {
      const checked = await check?.(context);
      if (checked?.ok === false) return checked;
      const limitMs = Math.floor(Math.min(server.limitMs, context.limitMs ?? server.limitMs));
      const timeoutMs = Math.max(limitMs, onTheWayMs + 1_000);
      const made = requestOf(routeOf(operation), request, server.url);
      if (!made.ok) return made;
      const headers = { ...made.value.headers, ...headersFor(reader, timeoutMs - onTheWayMs) };
      const terms = { token: server.token, timeoutMs, signal: context.signal };
      const exchanged = await exchange({ ...made.value, headers }, terms);
      return readServerAnswer(exchanged, read, { url: server.url, operation, reader: reader ?? 'cli' });
    };
  const operation = answerOf(operationSchema);
  const confirmation = answerOf(confirmationViewSchema);
  return {
    cancelJob: ask('cancelJob', answerOf(oneResultSchema)),
    cancelJobs: ask('cancelJobs', answerOf(bulkResultSchema)),
    getJob: ask('getJob', jobOf),
    getJobs: ask('getJobs', jobsOf),
    listJobs: ask('listJobs', answerOf(listResultSchema)),
    listProviders: ask('listProviders', answerOf(z.strictObject({ providers: z.array(providerSchema) }))),
    getCaller: ask('getCaller', answerOf(callerViewSchema)),
    listConfirmations: ask('listConfirmations', answerOf(waitingListSchema)),
    showConfirmation: ask('showConfirmation', confirmation),
    approveConfirmation: ask('approveConfirmation', confirmation),
    closeConfirmation: ask('closeConfirmation', confirmation),
    readAudit: ask('readAudit', answerOf(auditResultSchema)),
    createOperation: ask('createOperation', operation),
    uploadPage: ask('uploadPage', operation),
    startOperation: ask('startOperation', operation),
    pauseOperation: ask('pauseOperation', operation),
    resumeOperation: ask('resumeOperation', operation),
    deleteOperation: ask('deleteOperation', answerOf(deletedSchema)),
    getOperation: ask('getOperation', operation),
    listOutcomes: ask('listOutcomes', answerOf(operationOutcomesSchema)),
    listOperations: ask('listOperations', answerOf(operationListSchema)),
  };
}

const deletedSchema = z.strictObject({ id: z.string(), deleted: z.literal(true) });

function answerOf<T>(schema: z.ZodType<T>): ReadValue<T> {
  return (body) => readTolerantly(schema, body);
}

/** A job, or the outcome that says why it could not be read. */
function jobOf(body: unknown) {
  return isObject(body) && 'outcome' in body
    ? readTolerantly(outcomeSchema, body)
    : readTolerantly(jobSchema, body);
}

function jobsOf(body: unknown) {
  const listed = z
    .object({ jobs: z.array(z.unknown()) })
    .safeParse(body)
    .data?.jobs.map(jobOf);
  const jobs = listed?.filter((each) => each !== undefined);
  return jobs?.length === listed?.length ? jobs : undefined;
}

function routeOf(operation: GatewayMethod): Route {
  const route = routes.find((each) => each.operation === operation);
  if (route === undefined) throw new Error(`there is no route for ${operation}`);
  return route;
}

/** The request of a route: the path takes its own fields of what is asked, and the body or the query the others. */
function requestOf({ method, path, input }: Route, asked: unknown, base: string): Result<RemoteRequest> {
  const fields = isObject(asked) ? asked : {};
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const unsafe = named.find((name) => !isSegment(String(fields[name])));
  if (unsafe !== undefined) return invalid(unsafe, 'cannot be part of an address');
  const target = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(fields[name])),
  );
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !named.includes(name)));
  const url = new URL(`${base}${target}`);
  if (input !== 'body') {
    for (const [name, value] of Object.entries(rest))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return ok({ method, url, headers: {} });
  }
  return ok({ method, url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(rest) });
}

/** Whether a text can be one segment of a path: no parser resolves it away. */
function isSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && text.isWellFormed();
}

function headersFor(reader: 'cli' | 'stdio' | undefined, limitMs: number): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': `calloff/${version}`,
    ...(reader && { [clientHeaders.surface]: reader, [clientHeaders.limit]: String(limitMs) }),
  };
}
