import type * as z from 'zod';
import type { Details } from '../contract/answers/details.ts';
import type { State } from '../contract/outcome.ts';
import type { Auth } from '../http/auth/auth.ts';
import type { LimitGroup, ProviderRequest, ProviderResponse } from '../http/types.ts';
import type { ReadTurnedAway } from '../http/verdict.ts';
import type { ProviderFacts } from './provider-facts.ts';

/** The kinds of request. */
export const requestKinds = ['cancel', 'status', 'list', 'cancelMany', 'statusMany'] as const;
export type RequestKind = (typeof requestKinds)[number];

/**
 * One job as the provider showed it. `jobId` is in canonical form; `name` is foreign text and stays data, fit to be shown;
 * if it may have been cut for that, `fullName` is the whole of it, for rules and filters only. `owner`, `target` and
 * `labels` are foreign text, too: `attributes.ts` reads them.
 */
export interface JobSnapshot {
  readonly jobId: string;
  readonly state: State;
  /** The provider's own word if it is in the adapter's closed list, else `null`. */
  readonly providerStatus: string | null;
  /** Set if the provider says that the job is over, in a word that the adapter does not know: its state is `unknown`. */
  readonly isOver?: true | undefined;
  readonly name?: string | undefined;
  readonly fullName?: string | undefined;
  /** Set if the provider says that the job has no name: then no name matches it. */
  readonly unnamed?: true | undefined;
  /** Who the provider says that it belongs to; `null` if the provider says that it has no owner. */
  readonly owner?: string | null | undefined;
  /** What it runs on: a queue, device, repository, branch or model; `null` if the provider says that there is none. */
  readonly target?: string | null | undefined;
  /** Another name of the target, for rules and filters only; `null` if it has one that the answer does not show. */
  readonly targetAlias?: string | null | undefined;
  /** What people attached to it: at most 16 texts by their keys, and none if the provider says so. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Set if it has, or may have, labels that are not in `labels`. */
  readonly hasMoreLabels?: true | undefined;
  /** RFC 3339. */
  readonly createdAt?: string | undefined;
  /** When it began to run, RFC 3339. Set only if it has begun. */
  readonly startedAt?: string | undefined;
  /** What it has cost, only where the provider itself states the amount and the currency (ISO 4217). Never computed. */
  readonly cost?: { readonly amount: number; readonly currency: string } | undefined;
  readonly details?: Details | undefined;
}

/**
 * An answer that does not say what was asked. `mayHaveActed` tells whether the request may have taken effect all
 * the same: then nothing is resent before another look.
 */
export interface Failure {
  readonly kind: 'failure';
  readonly code: 'credentials_rejected' | 'rate_limited' | 'provider_unavailable' | 'unexpected_response';
  readonly mayHaveActed: boolean;
  /** Of a look: it may mean that there is no such job, and a look by ids tells. */
  readonly doubtful?: true;
}

/** `not_found` only where the body is this provider's own "no such job"; a bare 404 is an unexpected response. */
export type StatusReading =
  | { readonly kind: 'seen'; readonly job: JobSnapshot }
  | { readonly kind: 'not_found' }
  | Failure;

/**
 * `accepted` is not over: only a later look makes it `cancelled`. `rejected` is a clear no for this job.
 * `other_method` says that the route exists but wants the other HTTP method.
 */
export type CancelReading =
  | {
      readonly kind: 'accepted';
      readonly providerStatus: string | null;
      readonly details?: Details | undefined;
    }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'other_method' }
  | Failure;

/**
 * `next` is handed to the following `request` as it is, or `null` at the end. `unread` entries were not shaped as
 * documented: there are more jobs than are shown.
 */
export type ListReading =
  | {
      readonly kind: 'page';
      readonly jobs: readonly JobSnapshot[];
      readonly unread: number;
      readonly next: string | null;
      /** The job that the next page shows first once more: if it does not, entries moved in between. */
      readonly anchor?: string | undefined;
      /** At the end of the list: how many more jobs the provider says that it has. */
      readonly missing?: number | undefined;
    }
  | Failure;

/** What an answer to a cancel of many jobs says of one that it did not accept: a clear no, or why its cancel was not carried out. */
export interface UnacceptedCancel {
  readonly jobId: string;
  readonly reading: { readonly kind: 'rejected' } | Failure;
}

/**
 * `accepted` is the answer as a whole: `jobIds` are the jobs whose cancel it accepts, `others` those of which it says something
 * else. A job in neither, or in both, may or may not have been cancelled. `refused` is the whole chunk refused because of its
 * content (400, 404, 413): it is split and asked again.
 */
export type CancelManyReading =
  | {
      readonly kind: 'accepted';
      readonly jobIds: readonly string[];
      readonly providerStatus: string | null;
      readonly others?: readonly UnacceptedCancel[] | undefined;
    }
  | { readonly kind: 'refused' }
  | Failure;

export type StatusManyReading =
  | { readonly kind: 'page'; readonly jobs: readonly JobSnapshot[]; readonly unread: number }
  | { readonly kind: 'refused' }
  | Failure;

/** What a list is asked for: all jobs, or those with one status of the provider. The service applies filters again. */
export interface ListQuery {
  readonly status?: string;
}

/** The list of the jobs that a key can see. */
export interface JobList {
  /** The most jobs one page holds; `Infinity` where all come at once. */
  readonly pageSize: number;
  /** States that its entries do not tell apart: a job in one of them is `unknown` there, and only a look tells. */
  readonly unlistedStates?: readonly State[];
  /** Set if its entries never show what a job is called. */
  readonly hidesNames?: true;
  /**
   * The statuses by which jobs in a state can be asked for: all that such a job can have. A state that is left out
   * can only be found by reading the whole list.
   */
  readonly statuses?: { readonly [state in State]?: readonly string[] };
  /** Set if `statuses` are no words of jobs but names of groups, such as all that is not over: a job is in those of its state. */
  readonly hasGroups?: true;
  request(query: ListQuery, cursor: string | null): ProviderRequest;
  read(response: ProviderResponse, cursor: string | null): ListReading;
}

/** What an operator has set for a connection, by the names of the options that its adapter declares. */
export type ConnectionOptions = Readonly<Record<string, string>>;

/** A page of the provider, which documents show. */
export interface ProviderPage {
  readonly title: string;
  readonly url: string;
}

/** Everything about one provider, as data and pure functions: no I/O, no key, no clock. `read` is total and never throws. */
export interface ProviderAdapter extends ProviderFacts {
  /** The pages this adapter was written from, besides those of its cancels. */
  readonly documentation: readonly string[];
  /**
   * What it says beyond the state: numbers, booleans, members of closed lists and times, each optional, each with a meaning.
   * `npm run generate` puts those of all providers together, in `shared/contract/answers/details.ts`.
   */
  readonly details: z.ZodObject;
  /** What may still run or be billed after a cancel; `always` if that is true of a job that never ran, too. */
  readonly billing: { readonly always: boolean; readonly note: string };
  /** How the key gets onto requests: in a header, as a signature, or as a token made from it. */
  readonly auth: Auth;
  /** Which of several ids a job may have is wanted, if people take another for it: a sentence. */
  readonly idHint?: string;
  /** An id, in the form of the provider's, that no job has: `calloff doctor` asks for it. Default: a random UUID. */
  readonly absentJobId?: string;
  /**
   * What the provider's "no such job" means. `may_be_over`: it forgets jobs some time after they end, so the job may have been
   * there. Default: `never_was`. After an accepted cancel neither shows how the job ended.
   */
  readonly absence?: 'never_was' | 'may_be_over';
  /**
   * Set if a job of this provider can come back after a final state: a repair, a new run under the same id, a requeue. Then calloff
   * caches a final state no longer than any other, and checks every cancelled job of an operation once more, also one by one.
   */
  readonly reopens?: true;
  /** Which operations share a quota, and the limits that the provider documents; others are learned. */
  readonly limits: readonly LimitGroup<RequestKind>[];
  /** The most bytes of a response body that are read, at most 4,000,000. Default: 1,000,000. A longer body stays unread. */
  readonly mostBytes?: number;
  /**
   * What a response says of the key or the pace, if its status does not tell. `now` is the wall time in milliseconds since the
   * epoch. `null`, or left out, is the rule of most: 401, and 403 with a sentence, reject the key, and 429 limits the pace.
   * Total, and `read` gives `credentials_rejected` or `rate_limited` for each such response.
   */
  readonly turnedAway?: ReadTurnedAway;
  readonly cancel: {
    readonly page: ProviderPage;
    request(jobId: string, options: ConnectionOptions): ProviderRequest;
    read(response: ProviderResponse, jobId: string): CancelReading;
    /** After `other_method`, with which options the cancel is sent once more; only an adapter that has it reads `other_method`. */
    otherMethod?(options: ConnectionOptions): ConnectionOptions;
  };
  readonly status: {
    request(jobId: string): ProviderRequest;
    read(response: ProviderResponse, jobId: string): StatusReading;
  };
  /** Left out if the provider has no list: then its jobs can only be asked for by their ids. */
  readonly list?: JobList;
  /** The option without which there is no list, if one is needed. */
  readonly listedBy?: string;
  readonly cancelMany?: {
    readonly page: ProviderPage;
    readonly maxIds: number;
    request(jobIds: readonly string[]): ProviderRequest;
    read(response: ProviderResponse, jobIds: readonly string[]): CancelManyReading;
  };
  readonly statusMany?: {
    readonly maxIds: number;
    request(jobIds: readonly string[]): ProviderRequest;
    read(response: ProviderResponse, jobIds: readonly string[]): StatusManyReading;
  };
}
