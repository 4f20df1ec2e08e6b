import type { HonoRequest } from 'hono';
import type { Checked, Fault } from '../../shared/cancellation/check.ts';
import { ambiguousKeyMessage } from '../../shared/cancellation/wording.ts';
import { ambiguousKeys, parseJson } from '../../shared/json.ts';

/**
 * A body above this many bytes is refused before it is read. A cancel of as many jobs as one call takes, with the longest
 * ids, has 1.4 MB; more would keep everybody waiting while it is read.
 */
export const largestBody = 2_000_000;

/**
 * The JSON object in a request's body; an absent body is an empty one. A query is a fault: whoever writes
 * `?dry_run=true` there does not expect a real cancel.
 */
export async function readBody(request: HonoRequest): Promise<Checked<object>> {
  const text = await request.text();
  const faults = queryFaults(request, 'belongs in the JSON body');
  const body = text.trim() === '' ? {} : parseJson(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    faults.push(invalid('', 'the body must be a JSON object'));
  else faults.push(...ambiguousKeys(text).map((path) => invalid(path, ambiguousKeyMessage)));
  if (typeof body !== 'object' || body === null) return { ok: false, faults };
  return faults.length === 0 ? { ok: true, value: body } : { ok: false, faults };
}

/** Every name in a query that has no business there is a fault. */
export function queryFaults(request: HonoRequest, message: string): Fault[] {
  return Object.keys(request.query()).map((name) => invalid(`query.${name}`, message));
}

/** `body` with what the path names; a body that names it too is a fault, whatever it says. */
export function inPath(body: object, named: Readonly<Record<string, string>>): Checked<object> {
  const faults = Object.keys(named)
    .filter((name) => name in body)
    .map((name) => invalid(name, 'is in the path and must not be in the body'));
  return faults.length === 0 ? { ok: true, value: { ...body, ...named } } : { ok: false, faults };
}

/** The query as an object; a name given more than once becomes a list, which no schema takes. */
export function readQuery(request: HonoRequest): object {
  const entries = Object.entries(request.queries());
  return Object.fromEntries(
    entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function invalid(path: string, message: string): Fault {
  return { path: path.slice(0, 100), kind: 'invalid', message };
}
