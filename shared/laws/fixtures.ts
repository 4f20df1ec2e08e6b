import type {
  CancelManyReading,
  CancelReading,
  ConnectionOptions,
  Failure,
  ListQuery,
  ListReading,
  StatusManyReading,
  StatusReading,
} from '../adapter/adapter.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderRequest, ProviderResponse } from '../http/types.ts';

/** Everything that may happen between us and a provider, as an adapter sees it: the whole list. */
export const scenarios = [
  'accepted',
  'already_over',
  'already_cancelled',
  'no_such_job',
  'bad_key',
  'forbidden',
  'rate_limited',
  'provider_down',
  'reply_truncated',
  'contradictory_body',
  'unseen_status',
  'foreign_404',
  'html_page',
  'other_method',
  'cancelling_under_way',
  'state_words',
  'list_page',
  'last_list_page',
  'bulk_cancel',
  'bulk_cancel_without_an_id',
  'bulk_cancel_refused',
  'bulk_status',
  'bulk_status_without_an_id',
  'bulk_status_refused',
] as const;
export type Scenario = (typeof scenarios)[number];

/** Where an exchange comes from: a page or an official client that shows it, or the reason why we take it to be so. */
export type Provenance = { readonly documented: string } | { readonly assumed: string };

/** What must leave us, below the base URL. `path` and `query` are as they stand on the wire. */
interface Sent {
  readonly method: ProviderRequest['method'];
  readonly path: string;
  readonly query?: string;
  readonly body?: unknown;
  /** Those beyond what every request has. */
  readonly headers?: ProviderRequest['headers'];
}

interface Wire {
  readonly request: Sent;
  readonly response: ProviderResponse;
  readonly source: Provenance;
}

interface Cancel extends Wire {
  readonly operation: 'cancel';
  readonly options?: ConnectionOptions;
  readonly reading: CancelReading;
}
interface Look extends Wire {
  readonly operation: 'status';
  readonly reading: StatusReading;
}
interface List extends Wire {
  readonly operation: 'list';
  readonly query?: ListQuery;
  readonly cursor?: string;
  readonly reading: ListReading;
}
interface CancelMany extends Wire {
  readonly operation: 'cancelMany';
  readonly jobIds: readonly string[];
  readonly reading: CancelManyReading;
}
interface LookMany extends Wire {
  readonly operation: 'statusMany';
  readonly jobIds: readonly string[];
  readonly reading: StatusManyReading;
}

/** One request, its answer, and what the adapter must make of both. */
export type Exchange = Cancel | Look | List | CancelMany | LookMany;

/** What a scenario comes to at one provider: exchanges, or the reason why it cannot happen there. */
export type Scene = readonly Exchange[] | { readonly notApplicable: string };

/** Everything the tests know about one provider. */
export interface ProviderFixtures {
  /** What the connection of the exchanges has set: a provider with a place needs it. */
  readonly options?: ConnectionOptions;
  /** The job of every exchange, in canonical form. */
  readonly jobId: string;
  /** How else people, and the provider's own answers, write the id of that job: with a prefix, in capitals. */
  readonly idForms?: readonly string[];
  /** Another job of the same account. */
  readonly otherJobId: string;
  /** Every status word that documents or clients show, and the state it stands for. */
  readonly words: Readonly<Record<string, State>>;
  /** States that the provider shows by a flag instead of a word. */
  readonly flags?: readonly State[];
  /** Where it says that a job can come back after a final state; without it, none is known to. */
  readonly reopens?: { readonly documented: string };
  /**
   * A 404 that elsewhere says nothing of a job, if this provider says exactly that of a job which is not there; and the page which
   * shows that it says something else of a path which it does not know.
   */
  readonly ownMissingBody?: { readonly body: unknown; readonly unknownPath: string };
  /** Under which keys of an answer a list may stand. */
  readonly listKeys: readonly string[];
  /** The body of a look at `jobId` in which `word`, and nothing else, tells the state. */
  lookBody(word: string): unknown;
  readonly scenarios: { readonly [scenario in Scenario]: Scene };
}

/** All exchanges of a provider, with the scenario each belongs to. */
export function exchangesOf({ scenarios: scenes }: ProviderFixtures): [Scenario, Exchange][] {
  return scenarios.flatMap((scenario) => {
    const scene = scenes[scenario];
    return 'notApplicable' in scene
      ? []
      : scene.map((exchange): [Scenario, Exchange] => [scenario, exchange]);
  });
}

/** Shown by the page or the client at `url`. */
export function documented(url: string): Provenance {
  return { documented: url };
}

/** Shown nowhere; `why` we take it to be so. */
export function assumed(why: string): Provenance {
  return { assumed: why };
}

function failure(code: Failure['code'], mayHaveActed: boolean): Failure {
  return { kind: 'failure', code, mayHaveActed };
}

/** The list of an account without jobs. */
export const noJobs: ListReading = { kind: 'page', jobs: [], unread: 0, next: null };
/** The key was not accepted. */
export const keyRejected = failure('credentials_rejected', false);
/** Asked too often. */
export const limited = failure('rate_limited', false);
/** The provider broke while it answered, so it may have acted. */
export const unavailable = failure('provider_unavailable', true);
/** A success that is not shaped as documented: it may have acted. */
export const strangeSuccess = failure('unexpected_response', true);
/** A refusal that is not the provider's own: nothing was done. */
export const strangeRefusal = failure('unexpected_response', false);
