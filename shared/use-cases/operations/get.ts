import { can } from '../../access/policy.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationList, OperationView } from '../../contract/answers/operation-schema.ts';
import { listOperationsRequest, operationRequest } from '../../contract/operation-requests.ts';
import type { OperationState } from '../../contract/operations.ts';
import { invalidCursor, type Result } from '../../contract/result.ts';
import { fromCursor, toCursor } from '../../lib/json.ts';
import { type IndexPage, indexNameOf, isIndexName } from '../../operations/index-of-operations.ts';
import { denied, readInput } from '../validate.ts';
import { showOperation } from './show.ts';
import { findReadable, maySee, type Stored, storedIn } from './stored.ts';

/** How many operations are read for one page: a filter may match none for long, and the cursor then goes on. */
const mostRead = 300;
const readAtOnce = 10;

/** Shows an operation. */
export async function getOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const read = readInput(operationRequest, input);
  if (!read.ok) return read;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const found = await findReadable(stored.value, read.value.operation_id, context);
  if (!found.ok) return found;
  return { ok: true, value: await showOperation(parts, stored.value, found.value, context) };
}

/** Lists the caller's operations, newest first; with the right to audit also those of another caller or of all. */
export async function listOperations(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationList>> {
  const read = readInput(listOperationsRequest, input);
  if (!read.ok) return read;
  const { caller = context.caller.id, state, limit, cursor } = read.value;
  const after = cursor === undefined ? undefined : nameIn(cursor);
  if (after === 'malformed') return invalidCursor();
  if (caller !== context.caller.id && !can(context.caller, 'audit')) return denied('audit', 'caller');
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const query = { caller: caller === '*' ? undefined : caller, state, limit, after };
  return { ok: true, value: await readPage(parts, stored.value, query, context) };
}

function nameIn(cursor: string): string | 'malformed' {
  const name = fromCursor(cursor);
  return typeof name === 'string' && isIndexName(name) ? name : 'malformed';
}

interface Query {
  readonly caller: string | undefined;
  readonly state: readonly OperationState[] | undefined;
  readonly limit: number;
  readonly after: string | undefined;
}

async function readPage(
  parts: ServiceParts,
  stored: Stored,
  { caller, state, limit, after }: Query,
  context: RequestContext,
): Promise<OperationList> {
  const operations: OperationView[] = [];
  let place = after;
  for (let taken = 0; taken < mostRead; taken += readAtOnce) {
    const page = await stored.index.page(caller, Math.min(readAtOnce, limit - operations.length), place);
    const views = await Promise.all(
      page.entries.map((entry) => viewIfVisible(parts, stored, entry, context)),
    );
    for (const view of views)
      if (view !== undefined && state?.includes(view.state) !== false) operations.push(view);
    place = page.next;
    if (place === undefined || operations.length >= limit) break;
  }
  return { operations, next_cursor: place === undefined ? null : toCursor(place) };
}

async function viewIfVisible(
  parts: ServiceParts,
  stored: Stored,
  { id, name }: IndexPage['entries'][number],
  context: RequestContext,
): Promise<OperationView | undefined> {
  const record = await stored.records.get(id);
  if (record === undefined || indexNameOf(record) !== name || !maySee(record, context)) return undefined;
  return showOperation(parts, stored, record, context);
}
