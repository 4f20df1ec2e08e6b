import { randomUUID } from 'node:crypto';
import { listen } from './http-server.ts';
import type { Decision } from './twin/handle-request.ts';
import type { OutgoingRequest } from './twin/provider-model.ts';

/** What stands in for Slack where messages are sent: response URLs on this machine, and what was posted to each. */
export interface PretendSlack {
  /** The origin of every response URL. */
  readonly origin: string;
  /** An unused response URL. */
  newResponseUrl(): string;
  /** Every message at the URL, as soon as there are `count`; how many there are by now without one. */
  messagesAt(responseUrl: string, count?: number): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** How long a reader over HTTP who asks for more than there is waits, in milliseconds. */
const patienceMs = 20_000;
const mostInboxes = 1_000;

/**
 * Starts one on 127.0.0.1. What is posted to a URL is kept; `GET` with `?after=N` gives what follows the first N
 * messages there, as soon as there is any.
 */
export async function startPretendSlack(): Promise<PretendSlack> {
  const inboxes = new Map<string, unknown[]>();
  const waiting = new Set<() => void>();
  const at = (path: string) => inboxes.get(path) ?? [];

  /** Resolves once there are `count` messages, or the time is up. */
  const until = (path: string, count: number, ms?: number) =>
    new Promise<void>((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (at(path).length >= count) settle();
      };
      const timer = ms === undefined ? undefined : setTimeout(settle, ms).unref();
      waiting.add(look);
      look();
    });

  const keep = (path: string, message: unknown) => {
    const [oldest] = inboxes.size < mostInboxes ? [] : inboxes.keys();
    if (oldest !== undefined) inboxes.delete(oldest);
    inboxes.set(path, [...at(path), message]);
    for (const look of waiting) look();
  };

  const decide = async ({ method, target, text }: OutgoingRequest): Promise<Decision> => {
    const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
    if (method === 'POST') {
      keep(pathname, JSON.parse(text));
      return reply('ok');
    }
    const after = Number(searchParams.get('after') ?? 0);
    await until(pathname, after + 1, patienceMs);
    return reply(JSON.stringify(at(pathname).slice(after)));
  };

  const { port, close } = await listen(0, decide);
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    newResponseUrl: () => `${origin}/actions/${randomUUID()}`,
    async messagesAt(url, count = 0) {
      const { pathname } = new URL(url);
      await until(pathname, count);
      return at(pathname);
    },
    close,
  };
}

function reply(text: string): Decision {
  const headers = { 'content-type': 'application/json' };
  return { reply: { kind: 'send', status: 200, headers, text }, delayMs: 0 };
}
