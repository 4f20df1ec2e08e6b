/** What a request asks of a provider; `other` is anything the provider does not know. */
export type Operation = (typeof operations)[number];

/** All operations, for schemas. */
export const operations = ['cancel', 'cancelMany', 'status', 'list', 'statusMany', 'other'] as const;

/** One request and its result, recorded when its answer is decided. */
export interface Exchange {
  /** Counts from 1, over all requests of the provider. */
  readonly sequence: number;
  /** In ms since the epoch. */
  readonly at: number;
  readonly operation: Operation;
  readonly method: string;
  /** The raw request target, as it came over the wire. */
  readonly path: string;
  /** The jobs the request named. */
  readonly jobIds: readonly string[];
  readonly status: number | 'reset' | 'hang';
  /** For looks and lists: the status words that went out in a well-formed body, by the job id they went out under. */
  readonly served: Readonly<Record<string, string>>;
  /** The jobs on which a cancel took effect through this request. */
  readonly effective: readonly string[];
  readonly keyAccepted: boolean;
  /** The raw value of the header that should hold the key. */
  readonly keySeen: string | undefined;
  /** The fault that shaped the answer, if one did. */
  readonly fault?: string;
}

const kept = 200_000;

/** Adds an exchange, forgetting the oldest half when a long-running sandbox has seen too many. */
export function record(journal: Exchange[], exchange: Exchange): void {
  if (journal.length >= kept) journal.splice(0, kept / 2);
  journal.push(exchange);
}
