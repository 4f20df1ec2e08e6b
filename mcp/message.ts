import { ErrorCode, type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { ambiguousKeys, parseJson } from '../shared/json.ts';

/** Every way in which what a client says is no message, with the code of JSON-RPC and a sentence. */
export const messageFaults = {
  'not-json': { code: ErrorCode.ParseError, message: 'The message must be JSON.' },
  ambiguous: {
    code: ErrorCode.InvalidRequest,
    message: 'A key stands twice in one object of the message, or is __proto__: write each key once.',
  },
  batch: { code: ErrorCode.InvalidRequest, message: 'Batches are not taken: send one message.' },
  'no-message': {
    code: ErrorCode.InvalidRequest,
    message: 'This is JSON, but no message of JSON-RPC 2.0, or one with a wrong field.',
  },
} as const satisfies Record<string, { code: ErrorCode; message: string }>;
/**
 * A message, or why it is none. `id` is that of the request it was to be, as far as it can be told. What was to be a
 * response gets no answer where nobody waits for one: two who answer each other's errors would never end.
 */
export type ReadMessage =
  | { readonly message: JSONRPCMessage }
  | {
      readonly fault: keyof typeof messageFaults;
      readonly id: string | number | null;
      readonly isResponse: boolean;
    };

const request = z.object({ id: z.union([z.string(), z.int()]) });

/** Reads one message. A byte order mark before it is not part of it. */
export function readMessage(text: string): ReadMessage {
  const value = parseJson(text);
  if (value === undefined) return { fault: 'not-json', id: null, isResponse: false };
  if (Array.isArray(value)) return { fault: 'batch', id: null, isResponse: false };
  const isAmbiguous = ambiguousKeys(text).length > 0;
  const { data: message } = JSONRPCMessageSchema.safeParse(value);
  if (message !== undefined && !isAmbiguous) return { message };
  // The id of a response belongs to a question of ours.
  const isResponse = typeof value === 'object' && value !== null && ('result' in value || 'error' in value);
  const id = isResponse ? undefined : request.safeParse(value).data?.id;
  return { fault: isAmbiguous ? 'ambiguous' : 'no-message', id: id ?? null, isResponse };
}
