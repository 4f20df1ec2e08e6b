import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { Cause, Code, OutcomeName, State } from '../contract/outcome.ts';
import type { Keyed } from './key.ts';

/** What a sentence is about. `provider` is the provider's display name, `connection` the name that requests use. */
export interface MessageContext {
  readonly outcome: OutcomeName;
  readonly code?: Code | undefined;
  readonly cause?: Cause | undefined;
  readonly state: State;
  readonly raced?: true | undefined;
  /** Whether a cancel was sent although the state of the job was unknown. */
  readonly blind?: true | undefined;
  readonly gone?: true | undefined;
  /** Whether the only cancel is one that a worker may have sent before it died. */
  readonly inAir?: boolean;
  readonly provider: string;
  readonly connection: string;
  /** Where the key of the connection is kept. */
  readonly credentials?: Keyed['credentials'];
  /** Which id of a job the provider needs, if a job has several. */
  readonly idHint?: string | undefined;
  /** The options without which no request reaches its jobs, such as a region. */
  readonly place?: readonly string[] | undefined;
  /** What it means if the provider says that there is no such job. */
  readonly absence?: ProviderAdapter['absence'];
  /** Whether the provider accepted calloff's cancel. */
  readonly accepted?: boolean;
  /** Whether the provider answered a cancel with a rate limit or rejected the key. The cancel may have acted even so. */
  readonly turnedAway?: boolean;
  /** Whether a status check after the cancel showed the job. */
  readonly seenAfter?: boolean;
}

/** What an adapter says of itself in sentences. */
export type Worded = Pick<ProviderAdapter, 'displayName' | 'idHint' | 'absence' | 'options'>;

/** What sentences say of the provider of an adapter. */
export function providerWords({ displayName, idHint, absence, options = [] }: Worded) {
  const place = options.filter((option) => option.default === undefined).map(({ name }) => name);
  return { provider: displayName, idHint, absence, place };
}

/** A sentence about the outcome of a job. */
export type Sentence = (words: MessageContext) => string;

/** The outcomes that say everything; `refused` and `failed` have a code that says why. */
export type CodelessOutcome = Exclude<OutcomeName, 'refused' | 'failed'>;

/** The connection, as sentences about its key name it. */
export function keyedBy({ connection: name, credentials }: MessageContext): Keyed {
  return credentials === undefined ? { name } : { name, credentials };
}
