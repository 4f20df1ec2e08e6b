import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/sdk/types.js';
import { LineReader } from './line-reader.ts';
import { intentOf, jsonRpcFaults, readMessage } from './message.ts';

/** Longer messages, in bytes, are not read: even this many blanks take some 40 ms. */
const longestMessage = 6_000_000;

const lineFaults = {
  ...jsonRpcFaults,
  'too-long': { code: ErrorCode.InvalidRequest, message: 'A message may have at most 6 MB.' },
} as const;

/** What is known of a message that is not read. */
interface Refused {
  readonly id: RequestId | null;
  readonly isResponse: boolean;
  readonly where?: string;
}

/**
 * Messages as lines of JSON over standard input and output. Unlike the SDK's transport, it answers a message that it
 * cannot read, so that no client waits forever, and continues after a line that is too long.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;
  readonly #onEnd: () => void;
  readonly #lines = new LineReader(longestMessage);
  /** The requests that have no answer yet. */
  readonly #open = new Set<RequestId>();
  #onAnswered: () => void = () => undefined;

  /** `onEnd` is called when the client closes its end. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  async start(): Promise<void> {
    process.stdin.on('data', this.#onData);
    process.stdin.on('error', this.#onError);
    process.stdin.once('end', () => {
      this.#readLine(this.#lines.rest() ?? '');
      this.#onEnd();
    });
  }

  async close(): Promise<void> {
    process.stdin.off('data', this.#onData);
    process.stdin.off('error', this.#onError);
    process.stdin.pause();
    this.onclose?.();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if ('id' in message && !('method' in message) && message.id !== undefined) this.#settle(message.id);
    return this.#write(message);
  }

  /** Resolves when every request has its answer. A cancelled one gets none. */
  async answered(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onAnswered = resolve;
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    for (const line of this.#lines.take(chunk)) {
      if (typeof line === 'string') this.#readLine(line);
      else this.#refuse('too-long', intentOf(line.head));
    }
  };

  readonly #onError = (error: Error): void => this.onerror?.(error);

  #readLine(line: string): void {
    if (line.trim() === '') return;
    const read = readMessage(line);
    if ('message' in read) this.#take(read.message);
    else this.#refuse(read.fault, read);
  }

  #take(message: JSONRPCMessage): void {
    if ('method' in message && 'id' in message) this.#open.add(message.id);
    else if ('method' in message && message.method === 'notifications/cancelled') {
      const { requestId } = message.params ?? {};
      this.#settle(requestId);
    }
    this.onmessage?.(message);
  }

  #settle(id: unknown): void {
    for (const each of this.#open) if (each === id) this.#open.delete(each);
    if (this.#open.size === 0) this.#onAnswered();
  }

  #refuse(fault: keyof typeof lineFaults, { id, isResponse, where }: Refused): void {
    this.#tell(fault);
    if (isResponse) return;
    const error = where ? { ...lineFaults[fault], data: { where } } : lineFaults[fault];
    void this.#write({ jsonrpc: '2.0', id, error });
  }

  #tell(fault: keyof typeof lineFaults): void {
    const error = new Error(lineFaults[fault].message);
    error.name = fault;
    this.onerror?.(error);
  }

  #write(message: object): Promise<void> {
    return new Promise((resolve) => {
      if (process.stdout.write(`${JSON.stringify(message)}\n`)) resolve();
      else process.stdout.once('drain', resolve);
    });
  }
}
