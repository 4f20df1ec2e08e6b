import type { HonoRequest } from 'hono';
import { mostJobs } from '../../shared/contract/requests.ts';
import type { Fault, Result } from '../../shared/contract/result.ts';
import { isObject, pathOf, readDocument } from '../../shared/lib/json.ts';
import {
  ambiguousKeyMessage,
  ambiguousParameterMessage,
  tooMuchMessage,
} from '../../shared/messages/faults.ts';

/** Reads a request from a JSON body, a query, or its path alone. */
export const readRequest = { body: readBody, query: readQuery, path: readPathOnly } as const satisfies Record<
  string,
  (request: HonoRequest) => Promise<Result<object>>
>;

/**
 * The JSON object in a request's body, with the parameters of the path. An absent body is an empty object. A query is a
 * fault: a caller who writes `?dry_run=true` does not expect a real cancel.
 */
async function readBody(request: HonoRequest): Promise<Result<object>> {
  const faults = queryFaults(request, 'belongs in the JSON body');
  const body = objectIn(await request.text());
  if (!body.ok) return { ok: false, faults: [...faults, ...body.faults] };
  return faults.length === 0 ? withPath(body.value, request.param()) : { ok: false, faults };
}

/** The parameters of the path. A query is a fault, because it would have no effect. */
async function readPathOnly(request: HonoRequest): Promise<Result<object>> {
  const faults = queryFaults(request, 'has no effect here: this route takes no query');
  return faults.length === 0 ? { ok: true, value: request.param() } : { ok: false, faults };
}

function objectIn(text: string): Result<object> {
  if (text.trim() === '') return { ok: true, value: {} };
  const read = readDocument(text);
  if (read.kind === 'too_much') return { ok: false, faults: [invalid(read.path, tooMuchMessage(mostJobs))] };
  if (read.kind === 'ambiguous')
    return { ok: false, faults: read.paths.map((path) => invalid(path, ambiguousKeyMessage)) };
  if (read.kind === 'read' && isObject(read.value)) return { ok: true, value: read.value };
  return { ok: false, faults: [invalid('', 'the body must be a JSON object')] };
}

/** A fault for every name in a query that takes none. */
function queryFaults(request: HonoRequest, message: string): Fault[] {
  return Object.keys(request.query()).map((name) => invalid(pathOf(['query', name]), message));
}

/** A body or a query with the parameters of the path. One that repeats a parameter is a fault, even with the same value. */
function withPath(given: object, named: Readonly<Record<string, string>>): Result<object> {
  const faults = Object.keys(named)
    .filter((name) => Object.hasOwn(given, name))
    .map((name) => invalid(name, 'is in the path and must not be given a second time'));
  return faults.length === 0 ? { ok: true, value: { ...given, ...named } } : { ok: false, faults };
}

/** The query as an object, with the parameters of the path. A repeated name is a fault, because two parsers could read it differently. */
async function readQuery(request: HonoRequest): Promise<Result<object>> {
  const entries = Object.entries(request.queries());
  const faults = entries
    .filter(([name, values]) => values.length > 1 || name === '__proto__')
    .map(([name]) => invalid(pathOf([name]), ambiguousParameterMessage));
  if (faults.length > 0) return { ok: false, faults };
  const query = Object.fromEntries(entries.map(([name, [value]]) => [name, value]));
  return withPath(query, request.param());
}

function invalid(path: string, message: string): Fault {
  return { path: path.slice(0, 100), kind: 'invalid', message };
}
