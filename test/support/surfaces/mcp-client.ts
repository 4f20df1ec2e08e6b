import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { JsonSchemaType, JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import * as z from 'zod';
import { loadedTools } from '../../../mcp/loaded-tools.ts';
import { buildServer } from '../../../mcp/server.ts';
import type { ServerParts } from '../../../mcp/server-parts.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import { bareEnvironment, programOf } from '../process/run.ts';

const resultSchema = z.object({
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })).length(1),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});

/** Both halves of what a tool answered, and the whole of it. */
export interface Answer {
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
  readonly whole: unknown;
}

/** A client that has shaken hands, knows the tools, and holds every answer against their output schemas. */
export interface McpClient {
  readonly client: Client;
  call(name: string, given: object, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** A server to start over standard input and output, and the person behind its client. */
export interface StdioTerms {
  /** The environment of the process; PATH is there without being named. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs; default `calloff mcp`. */
  readonly command?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** What the person answers; without it the client cannot ask. */
  readonly answer?: ((message: string) => ElicitResult | Promise<ElicitResult>) | undefined;
  /** Told what the process says on standard error. */
  readonly onStderr?: (text: string) => void;
}

/** A client of a process of its own. */
export async function overStdio({
  env,
  command = process.execPath,
  args = [programOf('cli/main.ts'), 'mcp'],
  cwd,
  answer,
  onStderr,
}: StdioTerms): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: bareEnvironment(env),
    stderr: onStderr === undefined ? 'inherit' : 'pipe',
  });
  transport.stderr?.on('data', (chunk: Buffer) => onStderr?.(chunk.toString()));
  const client = clientOf(answer);
  await client.connect(transport);
  return ready(client);
}

interface HttpTerms {
  /** Where the server listens, without the path. */
  readonly url: string;
  readonly token: string;
  /** Stands between the client and the wire, to watch or to cut. */
  readonly fetch?: typeof fetch;
}

/** A client of `/mcp`. */
export async function overHttp({ url, token, fetch: watched = fetch }: HttpTerms): Promise<McpClient> {
  const client = clientOf(undefined);
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit, fetch: watched }),
  );
  return ready(client);
}

/** A server in this process, and its clock. */
export interface MemoryTerms extends ServerParts {
  readonly clock: Clock;
  readonly answer?: StdioTerms['answer'];
}

/** A client of a server in this process. */
export async function inMemory({ clock, answer, ...parts }: MemoryTerms): Promise<McpClient> {
  const server = buildServer(async () => parts, loadedTools, clock);
  const client = clientOf(answer);
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(one), client.connect(other)]);
  return ready(client);
}

/** Compiles each schema once for all clients of this process: each client gets the same tools. */
class SharedValidator extends AjvJsonSchemaValidator {
  readonly #known = new Map<string, JsonSchemaType>();

  override getValidator<Output>(schema: JsonSchemaType): JsonSchemaValidator<Output> {
    const text = JSON.stringify(schema);
    const known = this.#known.get(text) ?? schema;
    this.#known.set(text, known);
    return super.getValidator<Output>(known);
  }
}
const jsonSchemaValidator = new SharedValidator();

function clientOf(answer: StdioTerms['answer']): Client {
  const capabilities = answer === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'test', version: '1' }, { capabilities, jsonSchemaValidator });
  if (answer) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message));
  return client;
}

async function ready(client: Client): Promise<McpClient> {
  await client.listTools();
  return {
    client,
    async call(name, given, options) {
      const whole = await client.callTool({ name, arguments: { ...given } }, undefined, options);
      const { content, structuredContent = {}, isError = false } = resultSchema.parse(whole);
      return { text: content[0]?.text ?? '', structured: structuredContent, isError, whole };
    },
    close: () => client.close(),
  };
}
