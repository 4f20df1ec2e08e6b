import type { AuditResult } from '../shared/access/audit/entry.ts';
import type { AuditEntry } from '../shared/access/audit/reader.ts';
import type { JobView } from '../shared/contract/answers/job-schema.ts';
import type { OperationOutcome, OperationView } from '../shared/contract/answers/operation-schema.ts';
import type { Outcome } from '../shared/contract/answers/outcome-schema.ts';
import type {
  BulkResult,
  ConfirmationView,
  ListResult,
  OneResult,
  ProviderView,
  WaitingList,
} from '../shared/contract/answers/responses.ts';
import type { Unavailable } from '../shared/contract/answers/unavailable.ts';
import type { OutcomeName } from '../shared/contract/outcome.ts';

export type {
  AuditEntry,
  AuditResult,
  BulkResult,
  ConfirmationView,
  JobView,
  ListResult,
  OneResult,
  OperationOutcome,
  OperationView,
  Outcome,
  OutcomeName,
  ProviderView,
  Unavailable,
  WaitingList,
};

/** Who is signed in, and what they may do. */
export interface SignedIn {
  readonly caller: string;
  readonly actions: readonly string[];
}

/** What the address of the page says: the same address shows the same thing to everyone who may see it. */
export interface Place {
  readonly view: 'jobs' | 'operations' | 'audit' | 'waiting';
  /** The filters of the view, by the names of the API. */
  readonly filters: Readonly<Record<string, string>>;
  /** A column, with `-` in front for the other direction. */
  readonly sort: string;
  /** The open job, as `provider/job_id`. */
  readonly job?: string;
  /** The open operation. */
  readonly operation?: string;
}

/** An answer of the API. `problem` is a sentence for the person; 0 is the status if there was no answer. */
export interface Answer<Value> {
  readonly status: number;
  readonly value?: Value;
  readonly problem?: string;
  /** With a problem that calloff itself told: which, such as `forbidden`. Something in front of calloff tells none. */
  readonly kind?: string;
  /** With a problem: the places in the request that have faults. */
  readonly faultyPaths?: readonly string[];
  readonly etag?: string;
  readonly retryAfterSeconds?: number;
}

/** What the page knows of a job that it was asked to stop, until and after its end. */
export interface Pressed {
  /** `stopping`: asked, and not seen to be over. */
  readonly phase: 'stopping' | 'over' | 'open';
  readonly outcome?: Outcome;
  /** The operation that carries it out or follows it. */
  readonly operation?: string;
  /** Its state when it was ticked, if it was ticked at the press. */
  readonly wasTicked?: string;
}

/** A job in the table. */
export interface Row {
  readonly key: string;
  readonly job: JobView;
  /** Its connection did not answer the last time: this is what it said before. */
  readonly isStale?: boolean;
  /** It is no longer in the list, and is shown because it is ticked or was pressed. */
  readonly isKept?: boolean;
  /** Its state when it was ticked, if that is another one. */
  readonly was?: string;
}

/** The rows of the table that are in sight, and the height of each in pixels. */
export interface RowsInSight {
  readonly first: number;
  readonly last: number;
  readonly rowHeight: number;
}

/** What a connection said when its jobs were read last. */
export interface Reading {
  /** When it answered last, in milliseconds since the epoch; `undefined`: not yet. */
  readonly readAt?: number;
  readonly unavailable: readonly Unavailable[];
  /** Where its list goes on. */
  readonly cursor: string | null;
  readonly inOtherStates: number;
  /** Why calloff itself refused to list, or did not answer. */
  readonly problem?: string;
  /** calloff refused the request, as with a filter that it does not know: it asked no provider. */
  readonly isRefused?: boolean;
}

/** The list of jobs as it was read last, each connection for itself: a slow one holds up no other. */
export interface JobList {
  readonly rows: readonly Row[];
  readonly readings: ReadonlyMap<string, Reading>;
}

/** The jobs of a stop as the dialog shows them, before anything is sent. */
export interface StopDialog {
  /** What was asked for: the ticked jobs, or all that match these filters. */
  readonly keys?: readonly string[];
  readonly selector?: Readonly<Record<string, string>>;
  /** `failed`: nothing was sent. `lost`: calloff did not say so, so it may have been. */
  /** `many`: more match than can be checked in one request, so calloff lists them first: `listing`. */
  readonly phase: 'checking' | 'many' | 'listing' | 'ready' | 'sending' | 'waiting' | 'failed' | 'lost';
  readonly willStop: readonly Outcome[];
  readonly skipped: readonly Outcome[];
  readonly unavailable: readonly Unavailable[];
  readonly problem?: string;
  /** The operation whose jobs calloff listed, and what it says of them; `willStop` has the first of them. */
  readonly listed?: OperationView;
  readonly note?: string;
  /** The confirmation that another person has to give. */
  readonly confirmation?: { readonly id: string; readonly expires_at: string; readonly next_step: string };
  readonly operation?: string;
  /** What was typed as the reason, while the person has to sign in again. */
  readonly reason?: string;
  /** One job whose stop the policy wants confirmed. */
  readonly token?: string;
}

/** A part of the page that is read from the API. */
export interface Loaded<Value> {
  readonly phase: 'loading' | 'ready' | 'failed';
  readonly value?: Value;
  readonly problem?: string;
  readonly etag?: string;
}

/** Everything the page shows. */
export interface PageState {
  /** `undefined`: not known yet; `null`: no caller is signed in. */
  signedIn: SignedIn | null | undefined;
  signInProblem: string | undefined;
  /** Who was signed in last in this tab. */
  lastCaller?: string;
  place: Place;
  providers: readonly ProviderView[];
  /** Whether calloff was asked which providers there are, with an answer or without. */
  isProvidersRead: boolean;
  /** Why calloff did not say which providers there are. */
  providersProblem: string | undefined;
  list: JobList;
  ticked: ReadonlyMap<string, string>;
  /** Whether the stop is for all jobs that match, and not only for the ticked ones. */
  everyMatch: boolean;
  /** The row that the keyboard is on. */
  cursor: string | undefined;
  pressed: ReadonlyMap<string, Pressed>;
  dialog: StopDialog | undefined;
  job: Loaded<JobView>;
  jobAudit: Loaded<AuditResult>;
  operations: Loaded<{ readonly operations: readonly OperationView[]; readonly next_cursor: string | null }>;
  operation: Loaded<OperationView>;
  outcomes: Loaded<{ readonly outcomes: readonly OperationOutcome[]; readonly next_cursor: string | null }>;
  audit: Loaded<AuditResult>;
  /** The first page of what waits for this person's yes, which the badge counts. */
  waiting: Loaded<WaitingList>;
  /** The page of it that the address names, if that is a later one. */
  laterWaiting: Loaded<WaitingList>;
  /** The requests that wait with all their jobs and the states that those had at the last look, by their id. */
  looked: ReadonlyMap<string, ConfirmationView>;
  /** What the last answer to such a request did. */
  answered: string | undefined;
  /** The operations that this page started, as they are now, until the person has seen their end. */
  followed: ReadonlyMap<string, OperationView>;
  isHelpOpen: boolean;
  /** Whether the filters are open on a phone; elsewhere they always are. */
  isFiltering: boolean;
  now: number;
}
