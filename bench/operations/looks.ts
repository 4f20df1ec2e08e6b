import type { FaultKind } from '../../sandbox/faults/fault.ts';
import type { Exchange } from '../../sandbox/sandbox.ts';

/** The jobs that were sent a second cancel without a look after the first, although the first may have acted. */
export function cancelsWithoutLook(journal: readonly Exchange[]): string[] {
  const sent = new Set<string>();
  const found = new Set<string>();
  for (const exchange of journal) {
    if (isCancel(exchange)) {
      if (!mayHaveActed(exchange)) continue;
      for (const id of exchange.jobIds) {
        if (sent.has(id)) found.add(id);
        sent.add(id);
      }
      continue;
    }
    for (const id of Object.keys(exchange.served)) sent.delete(id);
    if (exchange.status === 404) for (const id of exchange.jobIds) sent.delete(id);
  }
  return [...found];
}

/**
 * The journal with the fault that each look at a job met: one answer about many jobs is recorded under one kind of fault.
 * `faultsAt`: the jobs at which each look meets a fault.
 */
export function byFault(journal: readonly Exchange[], faultsAt: ReadonlyMap<string, FaultKind>): Exchange[] {
  const kinds = new Set<string | undefined>(faultsAt.values());
  return journal.flatMap((exchange) => {
    const { fault, ...others } = exchange;
    if (isCancel(exchange)) return [exchange];
    const byKind = Map.groupBy(Object.entries(exchange.served), ([id]) => faultsAt.get(id));
    const rest = { ...(kinds.has(fault) ? others : exchange), served: servedIn(byKind.get(undefined)) };
    const spoiled = [...byKind].flatMap(([kind, served]) =>
      kind === undefined ? [] : [{ ...exchange, fault: kind, jobIds: [], served: servedIn(served) }],
    );
    return [rest, ...spoiled];
  });
}

function servedIn(entries: readonly (readonly [string, string])[] = []): Exchange['served'] {
  return Object.fromEntries(entries);
}

function isCancel({ operation }: Exchange): boolean {
  return operation === 'cancel' || operation === 'cancelMany';
}

/** A request for many jobs that is turned away for one of them is sent again in halves. */
function mayHaveActed({ operation, status, effective }: Exchange): boolean {
  if (effective.length > 0) return true;
  const isTurnedAway = status === 401 || status === 403 || status === 405 || status === 429;
  const isClientError = typeof status === 'number' && status >= 400 && status < 500;
  return !isTurnedAway && !(operation === 'cancelMany' && isClientError);
}
