import { type ConfirmationRecord, isOpen, type NewConfirmation, newRecord } from './record.ts';
import type { ConfirmationRecords } from './record-store.ts';
import { idOf, macOf } from './token.ts';
import { connectionsOf, type JobShown, type Offer } from './types.ts';

/**
 * Offers a confirmation; a pending one, or an approved and unused one, is offered again unchanged. `jobs`: the jobs that are
 * kept with it. Rejects if the store does.
 */
export async function offerConfirmation(
  records: ConfirmationRecords,
  asked: NewConfirmation & { readonly jobs: readonly JobShown[] },
  pepper: string,
): Promise<Offer> {
  const { caller, how, digest } = asked;
  const id = idOf(caller, { digest, sendIfStatusUnknown: how.sendIfStatusUnknown }, pepper);
  const known = await records.get(id);
  const isKept = known !== undefined && isOpen(known);
  const offered = isKept ? known : await begin(records, id, newRecord(asked), asked);
  const offer = { id, expiresAt: offered.expiresAt, isNew: !isKept };
  return caller.rights.selfConfirm ? { ...offer, token: `${id}.${macOf(id, offered, pepper)}` } : offer;
}

/**
 * Makes a new confirmation. Of two calls at the same time both get that of the first. It is noted as waiting before it is there:
 * if the process dies in between, a note without a confirmation is listed nowhere.
 */
async function begin(
  records: ConfirmationRecords,
  id: string,
  fresh: ConfirmationRecord,
  { jobs, operation }: Pick<Parameters<typeof offerConfirmation>[1], 'jobs' | 'operation'>,
): Promise<ConfirmationRecord> {
  await records.keepJobs(id, fresh, jobs);
  const { caller, expiresAt } = fresh;
  const count = operation?.jobs ?? jobs.length;
  const connections = connectionsOf({ jobs, operation });
  await records.noteWaiting({ id, caller, connections, jobs: count }, expiresAt);
  let offered = fresh;
  await records.change(id, (known) => {
    offered = known !== undefined && isOpen(known) ? known : fresh;
    return offered === known ? undefined : fresh;
  });
  return offered;
}
