import { ErrorCode, type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { readDocument } from '../shared/lib/json.ts';

/** Every way in which what a client says is no message, with the code of JSON-RPC and a sentence. */
export const jsonRpcFaults = {
  'not-json': { code: ErrorCode.ParseError, message: 'The message must be JSON.' },
  ambiguous: {
    code: ErrorCode.InvalidRequest,
    message: 'A key stands twice in one object of the message, or is __proto__: write each key once.',
  },
  'too-much': {
    code: ErrorCode.InvalidRequest,
    message: 'The message holds more, or nests deeper, than any call needs: name at most 5000 jobs in one.',
  },
  batch: { code: ErrorCode.InvalidRequest, message: 'Batches are not taken: send one message.' },
  'no-message': {
    code: ErrorCode.InvalidRequest,
    message: 'This is JSON, but no message of JSON-RPC 2.0, or one with a wrong field.',
  },
} as const satisfies Record<string, { code: ErrorCode; message: string }>;

/** Why what a client says is no message. `where` is the place in it, such as `params.arguments.dry_run`. */
interface NoMessage {
  readonly fault: keyof typeof jsonRpcFaults;
  readonly where?: string;
  readonly id: string | number | null;
  readonly isResponse: boolean;
}

/**
 * A message, or why it is none. `id` is that of the request it was to be, as far as it can be told. What was to be a
 * response gets no answer where nobody waits for one: two who answer each other's errors would never end.
 */
export type ReadMessage = { readonly message: JSONRPCMessage } | NoMessage;

const request = z.object({ id: z.union([z.string(), z.int()]) });
const requestWithParams = z.looseObject({ method: z.string(), params: z.record(z.string(), z.unknown()) });

/** Reads one message, in time that its limits bound. A byte order mark before it is not part of it. */
export function readMessage(text: string): ReadMessage {
  const read = readDocument(text);
  switch (read.kind) {
    case 'not_json':
      return { fault: 'not-json', id: null, isResponse: false };
    case 'too_much':
      return { fault: 'too-much', where: read.path, id: idAtEdge(text), isResponse: false };
    case 'ambiguous':
      return { fault: 'ambiguous', where: read.paths.join(', '), id: idAtEdge(text), isResponse: false };
    case 'read':
      return messageIn(read.value);
  }
}

function messageIn(value: unknown): ReadMessage {
  if (Array.isArray(value)) return { fault: 'batch', id: null, isResponse: false };
  const { data: message } = JSONRPCMessageSchema.safeParse(withoutNullParams(value));
  if (message !== undefined) return { message };
  // The id of a response belongs to a question of ours.
  const isResponse = typeof value === 'object' && value !== null && ('result' in value || 'error' in value);
  const id = isResponse ? undefined : request.safeParse(value).data?.id;
  return { fault: 'no-message', id: id ?? null, isResponse };
}

/** A request without parameters that are `null`: clients that fill in every field write so what they leave out. */
function withoutNullParams(value: unknown): unknown {
  const { data } = requestWithParams.safeParse(value);
  if (data === undefined) return value;
  const given = Object.entries(data.params).filter(([, each]) => each !== null);
  return { ...data, params: Object.fromEntries(given) };
}

/** How far from either end of a text that is not parsed its id is looked for, in characters. */
const edge = 300;
const idFirst = /^\ufeff?\s*\{[^{}[\]]*?"id"\s*:\s*("[^"\\]{0,100}"|-?\d{1,15})\s*,/;
const idLast = /,\s*"id"\s*:\s*("[^"\\]{0,100}"|-?\d{1,15})\s*\}\s*$/;

/** The id of a request that is not parsed: clients write it first or last. Whoever waits for its answer is told. */
function idAtEdge(text: string): string | number | null {
  const [, id] = idFirst.exec(text.slice(0, edge)) ?? idLast.exec(text.slice(-edge)) ?? [];
  if (id === undefined) return null;
  return id.startsWith('"') ? id.slice(1, -1) : Number(id);
}
