import { STATUS_CODES } from 'node:http';
import type { AnswerFault } from '../faults/fault.ts';
import { retryAfterHeader } from './limits.ts';
import type { Answer, ProviderModel } from './provider-model.ts';

/** What goes over the wire, or happens to it. */
export type Reply =
  | {
      readonly kind: 'send';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** Over how long the body trickles out, in ms. */
      readonly spreadMs?: number;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' };

/** A reply and the status words that are in its well-formed body, by job id. */
export interface Served {
  readonly reply: Reply;
  readonly served: Readonly<Record<string, string>>;
}

/** What a fault has to know about the request it spoils. */
export interface Circumstances {
  readonly model: Pick<ProviderModel<object>, 'contentType' | 'answerHeaders' | 'error'>;
  readonly jobIds: readonly string[];
  readonly now: number;
}

type Sent = Extract<Reply, { kind: 'send' }>;

/** A provider's answer as it goes out when nothing is wrong. */
export function send(
  { status, body, headers, served = {} }: Answer,
  { contentType, answerHeaders }: Pick<ProviderModel<object>, 'contentType' | 'answerHeaders'>,
): Served & { reply: Sent } {
  const text = JSON.stringify(body) ?? '';
  return {
    reply: {
      kind: 'send',
      status,
      headers: { 'content-type': contentType, ...answerHeaders, ...headers },
      text,
    },
    served,
  };
}

/** A provider's answer as a fault leaves it. */
export function spoil(fault: AnswerFault, answer: Answer, circumstances: Circumstances): Served {
  const { model, jobIds, now } = circumstances;
  const { reply, served } = send(answer, model);
  const instead = (error: Answer) => send(error, model);
  switch (fault.kind) {
    case 'rate_limited':
      return instead({
        ...model.error(429, reason(429)),
        headers: fault.retryAfter === undefined ? {} : retryAfterHeader(fault.retryAfter, now),
      });
    case 'status':
      return instead(model.error(fault.status, reason(fault.status), fault.shape));
    case 'lost_after_effect':
      return instead(model.error(fault.status, reason(fault.status)));
    case 'html':
      return unserved({ ...reply, status: fault.status, headers: html, text: page(fault.status) });
    case 'foreign_not_found':
      return unserved({ ...reply, status: 404, headers: plain, text: '404 page not found\n' });
    case 'empty':
      return unserved({ ...reply, status: fault.status ?? reply.status, text: '' });
    case 'truncated':
      return unserved({ ...reply, text: reply.text.slice(0, Math.ceil(reply.text.length / 2)) });
    case 'redirect':
      return unserved({ ...reply, status: fault.status, headers: { location: fault.location }, text: '' });
    case 'hang':
      return unserved({ kind: 'hang' });
    case 'reset':
    case 'reset_after_effect':
      return unserved({ kind: 'reset' });
    case 'slow_body':
      return { reply: { ...reply, spreadMs: fault.ms }, served };
    case 'huge_body':
      return { reply: { ...reply, text: reply.text.padEnd(fault.bytes ?? 2_000_000) }, served };
    case 'wrong_id':
      return aboutAnother({ reply, served }, jobIds);
  }
}

const html = { 'content-type': 'text/html' };
const plain = { 'content-type': 'text/plain; charset=utf-8' };

function unserved(reply: Reply): Served {
  return { reply, served: {} };
}

function reason(status: number): string {
  return STATUS_CODES[status] ?? 'Web server is returning an unknown error';
}

function page(status: number): string {
  const title = `${status} ${reason(status)}`;
  return `<html>\n<head><title>${title}</title></head>\n<body><center><h1>${title}</h1></center><hr><center>nginx</center></body>\n</html>\n`;
}

/** The same answer under other ids. */
function aboutAnother({ reply, served }: Served & { reply: Sent }, jobIds: readonly string[]): Served {
  const ids = new Set([...jobIds, ...Object.keys(served)]);
  let { text } = reply;
  for (const id of ids) text = text.replaceAll(id, anotherId(id));
  const words = Object.entries(served).map(([id, word]) => [anotherId(id), word]);
  return { reply: { ...reply, text }, served: Object.fromEntries(words) };
}

/** An id of the same kind that is not this one. */
function anotherId(id: string): string {
  return id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
}
