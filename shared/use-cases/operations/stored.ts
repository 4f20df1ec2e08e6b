import { can } from '../../access/policy.ts';
import type { Access, RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { JobEntry } from '../../contract/job-entries.ts';
import { faulty, invalid, type Result } from '../../contract/result.ts';
import { noAuditMessage } from '../../messages/faults.ts';
import { operationFaults } from '../../messages/operation-request.ts';
import { Agenda } from '../../operations/agenda.ts';
import { OperationIndex } from '../../operations/index-of-operations.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import { denied } from '../validate.ts';

/** The stored operations, as requests about them need them. */
export interface Stored {
  readonly access: Access;
  readonly records: OperationRecords;
  readonly index: OperationIndex;
  readonly agenda: Agenda;
}

/** The stored operations; a fault if this installation has no store. */
export function storedIn({ access }: ServiceParts): Result<Stored> {
  if (access === undefined) return invalid('', noAuditMessage);
  const { store } = access;
  const [records, index] = [new OperationRecords(store), new OperationIndex(store)];
  return { ok: true, value: { access, records, index, agenda: new Agenda(store) } };
}

/** The jobs of a draft, page by page. Rejects if the store does. */
export async function* pagesOf(
  { records }: Stored,
  { id, pages }: OperationRecord,
): AsyncGenerator<readonly JobEntry[]> {
  for (const page of pages) yield await records.page(id, page);
}

/** An operation of the caller's own. Rejects if the store does. */
export function findOwn(
  stored: Stored,
  id: string,
  { caller }: RequestContext,
): Promise<Result<OperationRecord>> {
  return find(stored, id, ({ caller: owner }) => owner === caller.id);
}

/** An operation that the caller may read: its own, or any with the right to audit at all its connections. */
export function findReadable(
  stored: Stored,
  id: string,
  context: RequestContext,
): Promise<Result<OperationRecord>> {
  return find(stored, id, (record) => maySee(record, context));
}

/** An operation that the caller may pause or resume: its own, or one where it may cancel at all the connections. */
export async function findActable(
  stored: Stored,
  id: string,
  context: RequestContext,
): Promise<Result<OperationRecord>> {
  const found = await find(
    stored,
    id,
    (record) => maySee(record, context) || mayEverywhere('cancel', record, context),
  );
  if (!found.ok || found.value.caller === context.caller.id) return found;
  return mayEverywhere('cancel', found.value, context) ? found : denied('cancel');
}

async function find(
  { records }: Stored,
  id: string,
  isVisible: (record: OperationRecord) => boolean,
): Promise<Result<OperationRecord>> {
  const record = await records.get(id);
  if (record !== undefined && isVisible(record)) return { ok: true, value: record };
  return faulty({ path: 'operation_id', kind: 'unknown_operation', message: operationFaults.unknown });
}

/** Whether the caller may read an operation. */
export function maySee(record: OperationRecord, context: RequestContext): boolean {
  return record.caller === context.caller.id || mayEverywhere('audit', record, context);
}

function mayEverywhere(
  action: 'audit' | 'cancel',
  { shares }: OperationRecord,
  { caller }: RequestContext,
): boolean {
  if (shares.length === 0) return action === 'audit' && can(caller, action);
  return shares.every(({ connection }) => can(caller, action, connection));
}

/** A fault of an operation that is not in a state in which the request can be carried out. */
export function wrongState(fault: keyof typeof operationFaults): Result<never> {
  return faulty({ path: 'operation_id', kind: 'state', message: operationFaults[fault] });
}
