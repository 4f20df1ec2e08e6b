import * as z from 'zod';
import type { Log } from '../../shared/lib/log.ts';
import { SqsSender } from './sqs-sender.ts';

/** A wake-up call: there is work at this connection. What the work is, the store says. */
export const wakeUpSchema = z.object({ connection: z.string() });

/** Tells workers that there is work at these connections. Never rejects. */
export type Ring = (connections: readonly string[]) => Promise<void>;

/**
 * Sends one wake-up call for each connection to the queue of the operations function. A call that cannot be sent is logged:
 * the rule that runs each minute makes up for it.
 */
export function ringThrough(queueUrl: string, log: Log): Ring {
  const sender = new SqsSender(queueUrl);
  const ring = async (connection: string) => {
    const sent = await sender.send(JSON.stringify({ connection } satisfies z.infer<typeof wakeUpSchema>));
    if (sent.kind !== 'sent')
      log({ level: 'error', event: 'operation_ring_failed', connection, reason: sent.reason });
  };
  return async (connections) => {
    await Promise.all([...new Set(connections)].map(ring));
  };
}
