import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { finish } from '../../../test/support/process/run.ts';

const replySchema = z.object({ id: z.number(), result: z.unknown() });

/** An MCP server over standard input and output, asked by lines of JSON: a client that takes next to nothing itself. */
export class McpProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #count = 0;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, args, { env });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { success, data } = replySchema.safeParse(JSON.parse(line));
      if (success) this.#waiting.get(data.id)?.(data.result);
    });
    this.#child.once('close', (code) => {
      for (const settle of this.#waiting.values()) settle({ ended: code });
    });
  }

  /** Shakes hands, as every client does first. */
  async greet(): Promise<void> {
    const clientInfo = { name: 'bench', version: '1' };
    await this.#ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    this.#write({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** What a tool returned. */
  call(name: string, given: object): Promise<unknown> {
    return this.#ask('tools/call', { name, arguments: given });
  }

  async end(): Promise<void> {
    const finished = finish(this.#child);
    this.#child.kill('SIGKILL');
    await finished;
  }

  #ask(method: string, params: object): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    const asked = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    this.#write({ jsonrpc: '2.0', id, method, params });
    return asked;
  }

  #write(message: object): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}
