import { createSecretKey } from 'node:crypto';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import type { Store } from '../../shared/store/store.ts';
import type { NewWebhookEvent, WebhookParts } from '../../shared/webhooks/enqueue.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A message as a receiver in memory got it. */
export interface Message {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/** A webhook on a manual clock whose receiver is in memory and answers what `answer` gives. */
export function webhookHarness({
  answer = async () => new Response(null, { status: 204 }),
  target = { url: 'https://hooks.example/', keys: [createSecretKey(Buffer.alloc(32, 1))] },
  breaking = (store) => store,
}: {
  answer?: (message: Message) => Promise<Response>;
  target?: Awaited<ReturnType<WebhookParts['target']>>;
  breaking?: (store: Store) => Store;
} = {}) {
  const clock = new ManualClock();
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const store = memoryStore(memory, clock);
  const messages: Message[] = [];
  const logged: LogEntry[] = [];
  const parts: WebhookParts = {
    store: breaking(store),
    clock,
    log: (entry) => logged.push(entry),
    target: async () => target,
    async fetch(_url, init) {
      const headers = new Headers(init?.headers);
      const message = {
        id: headers.get('webhook-id') ?? '',
        timestamp: Number(headers.get('webhook-timestamp')),
        body: String(init?.body),
      };
      messages.push(message);
      return answer(message);
    },
  };
  return { clock, memory, store, messages, logged, parts };
}

/** An event about an operation that has finished. */
export function finished(
  more: Partial<Extract<NewWebhookEvent, { type: 'operation.finished' }>['data']> = {},
) {
  const data = {
    operation: 'op_aaaaaaaaaaaaaaaaaaaa',
    jobs: 2,
    counts: { ...countOutcomes([]), cancelled: 1, failed: 1 },
    came_back: 0,
    finished_at: '2026-01-01T00:00:00.000Z',
    ...more,
  };
  return { type: 'operation.finished', round: 1, data } as const satisfies NewWebhookEvent;
}

/** An event about a job that came back. */
export function cameBack(job_id = 'job-1'): NewWebhookEvent {
  return {
    type: 'job.came_back',
    round: 1,
    data: {
      operation: 'op_aaaaaaaaaaaaaaaaaaaa',
      provider: 'sutro',
      job_id,
      outcome: 'cancelled',
      state: 'running',
      observed_at: '2026-01-01T00:05:00.000Z',
    },
  };
}
