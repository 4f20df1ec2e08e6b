import { ErrorCode, type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { isObject, parseJson, readDocument } from '../shared/lib/json.ts';
import { membersNamed } from './json-members.ts';

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
 * A message, or why the text is not one. `id` is the id of the intended request, unless it can be read in two ways. An invalid
 * response gets no answer: two parties that answer each other's errors would never stop.
 */
export type ReadMessage = { readonly message: JSONRPCMessage } | NoMessage;

const idSchema = z.union([z.string(), z.int()]);
const request = z.object({ id: idSchema });
const requestWithParams = z.looseObject({ method: z.string(), params: z.record(z.string(), z.unknown()) });

/** Reads one message, in bounded time. A byte order mark before it is ignored. */
export function readMessage(text: string): ReadMessage {
  const read = readDocument(text);
  switch (read.kind) {
    case 'not_json':
      return { fault: 'not-json', id: null, isResponse: false };
    case 'too_much':
      return { fault: 'too-much', where: read.path, ...intentOf(text) };
    case 'ambiguous':
      return { fault: 'ambiguous', where: read.paths.join(', '), ...intentOf(text) };
    case 'read':
      return messageIn(read.value);
  }
}

function messageIn(value: unknown): ReadMessage {
  if (Array.isArray(value)) return { fault: 'batch', id: null, isResponse: false };
  const { data: message } = JSONRPCMessageSchema.safeParse(withoutNullParams(value));
  if (message !== undefined) return { message };
  const isResponse = isObject(value) && isAnswer((key) => Object.hasOwn(value, key));
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

const answered: ReadonlySet<string> = new Set(['id', 'method', 'result', 'error']);

/** Which message a text was to be that is not parsed, so that its client gets an answer. The text may break off. */
export function intentOf(text: string): Pick<NoMessage, 'id' | 'isResponse'> {
  const members = membersNamed(text, answered);
  const isResponse = isAnswer((key) => members.has(key));
  const { data: id = null } = idSchema.safeParse(parseJson(members.get('id') ?? ''));
  return { id: isResponse ? null : id, isResponse };
}

/** The id of a response belongs to a request that calloff sent. */
function isAnswer(has: (key: string) => boolean): boolean {
  return !has('method') && (has('result') || has('error'));
}
