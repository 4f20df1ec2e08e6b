import type * as z from 'zod';
import type { Operation } from './exchange.ts';
import type { FaultKind, FaultOf } from './fault.ts';
import type { JobState } from './job.ts';
import type { JobBook } from './job-book.ts';
import type { Limits } from './limits.ts';

/** What a provider answers, before faults get at it. */
export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The status words in the body of a look or list, by job id. */
  readonly served?: Readonly<Record<string, string>>;
  /** The jobs on which a cancel took effect. */
  readonly effective?: readonly string[];
}

/** One request as a route sees it. */
export interface RequestContext<Switches> {
  /** In ms since the epoch. */
  readonly now: number;
  readonly query: URLSearchParams;
  /** The parsed JSON body; `undefined` when there is none or it is no JSON. */
  readonly body: unknown;
  readonly jobs: JobBook;
  readonly switches: Switches;
  /** The fault of a kind that strikes a job in this request. */
  fault<Kind extends FaultKind>(kind: Kind, jobId: string): FaultOf<Kind> | undefined;
}

/** A path and method a provider answers, and how. */
export interface Route<Switches> {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base path; `:id` stands for one segment, which `answer` gets decoded. */
  readonly path: string;
  readonly operation: Operation;
  /** The route is meant only where this query parameter is given. */
  readonly whereQuery?: string;
  /** Whether the route is there at all under these switches; default yes. */
  readonly open?: (switches: Switches) => boolean;
  /** The jobs the request names outside its path. */
  readonly jobIds?: (visit: RequestContext<Switches>) => readonly string[];
  readonly answer: (visit: RequestContext<Switches>, id: string) => Answer;
}

/** A provider as data and pure functions: what it answers, given jobs, switches and a moment. */
export interface ProviderModel<Switches extends object> {
  /** The first is the one in the base URL. */
  readonly basePaths: readonly [string, ...string[]];
  readonly contentType: string;
  readonly auth: { readonly header: string; readonly prefix: string };
  /** Strict, with a default for every switch. */
  readonly switches: z.ZodType<Switches>;
  /** How long a cancel takes to become final, in ms, unless a job says otherwise. */
  readonly settlesInMs: number;
  readonly newId: () => string;
  readonly word: (state: JobState, switches: Switches) => string;
  readonly limits: (switches: Switches) => Limits;
  /** The provider's own error body. `shape` names an older one. */
  readonly error: (status: number, message: string, shape?: string) => Answer;
  readonly badKey: (switches: Switches) => Answer;
  readonly unknownPath: (method: string, path: string) => Answer;
  /** `allowed` are the methods the path does answer. */
  readonly wrongMethod: (method: string, path: string, allowed: readonly string[]) => Answer;
  readonly routes: readonly Route<Switches>[];
}
