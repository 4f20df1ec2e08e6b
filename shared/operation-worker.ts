import { randomUUID } from 'node:crypto';
import type { Caller } from './access/caller.ts';
import type { Gateway } from './gateway.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Agenda } from './operations/agenda.ts';
import { endIfFinished } from './operations/end.ts';
import { OperationRecords } from './operations/operation-records.ts';
import type { Store } from './store/store.ts';
import { Leases } from './work/lease.ts';
import { Worker } from './work/worker.ts';

/** What the work on stored operations needs besides a gateway. */
export interface OperationWorkerParts {
  readonly gateway: Pick<Gateway, 'connections' | 'during'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The caller with this id by the rules in force; `undefined` if it is gone. */
  callerInForce(id: string): Promise<Caller | undefined>;
}

/** Joins the parts into a worker on stored operations. No other file does. */
export function createWorker({ gateway, store, clock, log, callerInForce }: OperationWorkerParts): Worker {
  const records = new OperationRecords(store, clock);
  return new Worker({
    ...{ records, clock, log },
    agenda: new Agenda(store),
    leases: new Leases({ store, clock }),
    connections: () => gateway.connections(),
    during: (turnClass, limitMs, work) => gateway.during(turnClass, limitMs, work),
    callerOf: ({ started_by, caller }) => callerInForce(started_by ?? caller),
    newRequestId: randomUUID,
    ended: (operation) => endIfFinished(records, operation, clock),
    cameBack: async () => undefined,
  });
}
