import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';

/** A server to start, and the person behind the client. */
export interface Connecting {
  readonly command: string;
  readonly args: readonly string[];
  /** The environment of the process; the SDK adds the like of HOME and PATH where they are missing. */
  readonly env: Record<string, string>;
  readonly cwd?: string;
  /** What the person answers; without it the client cannot ask. */
  readonly answer?: ((message: string) => ElicitResult) | undefined;
}

/** Both halves of what a tool said. */
export interface ToolAnswer {
  readonly text: string;
  readonly structured: Record<string, unknown>;
  readonly isError: boolean | undefined;
}

/** The SDK's own client, connected, and a way to call a tool and read both halves of its result. */
export interface ConnectedClient {
  readonly client: Client;
  call(name: string, given: Record<string, unknown>): Promise<ToolAnswer>;
}

const resultSchema = z.object({
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});

/** Starts a server over standard input and output, and connects to it. Closing the client ends the server. */
export async function connectClient({ answer, args, ...server }: Connecting): Promise<ConnectedClient> {
  const capabilities = answer === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'test', version: '1' }, { capabilities });
  if (answer) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message));
  await client.connect(new StdioClientTransport({ ...server, args: [...args] }));
  return {
    client,
    async call(name, given) {
      const {
        content,
        structuredContent = {},
        isError,
      } = resultSchema.parse(await client.callTool({ name, arguments: given }));
      return { text: content.map(({ text }) => text).join('\n'), structured: structuredContent, isError };
    },
  };
}
