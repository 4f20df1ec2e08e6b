import { ErrorCode, type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { readDocument } from '../shared/lib/json.ts';

/** Every way in which a client's text is not a valid message, with its JSON-RPC code and a sentence. */
export const jsonRpcFaults = {
  'not-json': { code: ErrorCode.ParseError, message: 'The message must be JSON.' },
  ambiguous: {
    code: ErrorCode.InvalidRequest,
    message: 'A key occurs twice in one object of the message, or is __proto__. Write each key once.',
  },
  'too-much': {
    code: ErrorCode.InvalidRequest,
    message:
      'The message is larger or more deeply nested than any call needs. Name at most 5000 jobs in one.',
  },
  batch: {
    code: ErrorCode.InvalidRequest,
    message: 'Batches are not supported. Send one message at a time.',
  },
  'no-message': {
    code: ErrorCode.InvalidRequest,
    message: 'The message is JSON, but not a valid JSON-RPC 2.0 message.',
  },
} as const satisfies Record<string, { code: ErrorCode; message: string }>;

/** Why a client's text is not a valid message. `where` is the place of the fault, such as `params.arguments.dry_run`. */
interface NoMessage {
  readonly fault: keyof typeof jsonRpcFaults;
  readonly where?: string;
  readonly id: string | number | null;
  readonly isResponse: boolean;
}

/**
 * A message, or why the text is not one. `id` is the id of the intended request, as far as it can be read. An invalid
 * response gets no answer: two parties that answer each other's errors would never stop.
 */
export type ReadMessage = { readonly message: JSONRPCMessage } | NoMessage;

const request = z.object({ id: z.union([z.string(), z.int()]) });
const requestWithParams = z.looseObject({ method: z.string(), params: z.record(z.string(), z.unknown()) });

/** Reads one message, in bounded time. A byte order mark before it is ignored. */
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
  // The id of a response belongs to a request that calloff sent.
  const isResponse = typeof value === 'object' && value !== null && ('result' in value || 'error' in value);
  const id = isResponse ? undefined : request.safeParse(value).data?.id;
  return { fault: 'no-message', id: id ?? null, isResponse };
}

/** A request without parameters that are `null`: some clients fill in every field and write `null` for an absent one. */
function withoutNullParams(value: unknown): unknown {
  const { data } = requestWithParams.safeParse(value);
  if (data === undefined) return value;
  const given = Object.entries(data.params).filter(([, each]) => each !== null);
  return { ...data, params: Object.fromEntries(given) };
}

/** How far from either end of an unparsed text the id is searched for, in characters. */
const edge = 300;
const idFirst = /^\ufeff?\s*\{[^{}[\]]*?"id"\s*:\s*("[^"\\]{0,100}"|-?\d{1,15})\s*,/;
const idLast = /,\s*"id"\s*:\s*("[^"\\]{0,100}"|-?\d{1,15})\s*\}\s*$/;

/** The id of a request that is not parsed, so that its client gets an answer. Clients write the id first or last. */
function idAtEdge(text: string): string | number | null {
  const [, id] = idFirst.exec(text.slice(0, edge)) ?? idLast.exec(text.slice(-edge)) ?? [];
  if (id === undefined) return null;
  return id.startsWith('"') ? id.slice(1, -1) : Number(id);
}
