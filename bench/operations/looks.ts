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
