import type * as z from 'zod';
import type { FaultKind, FaultOf } from '../faults/fault.ts';
import type { DemoJob } from '../jobs/demo-job.ts';
import type { JobState } from '../jobs/job.ts';
import type { JobBook } from '../jobs/job-book.ts';
import type { Operation } from './exchange.ts';
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
  /** A header of the request, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The body as it came. */
  readonly text: string;
  /** The parsed JSON body; `undefined` when there is none or it is no JSON. */
  readonly body: unknown;
  readonly jobs: JobBook;
  readonly switches: Switches;
  /** The fault of a kind that strikes a job in this request. */
  fault<Kind extends FaultKind>(kind: Kind, jobId: string): FaultOf<Kind> | undefined;
}

/** A path and method that a provider answers. */
export interface RoutePlace {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base path; `:id` stands for one segment, or for the value in `?name=:id`, which `answer` gets decoded. */
  readonly path: string;
  readonly operation: Operation;
  /** Set if it is beside the API, as the making of tokens is: only faults and limits of `other` strike it. */
  readonly isBeside?: true;
  /** A body that names a job, where the path does not: tests ask with it. */
  readonly bodyOf?: (id: string) => unknown;
}

/** A path and method, and how the provider answers them. */
export interface Route<Switches> extends RoutePlace {
  /** The route is meant only where this query parameter is given. */
  readonly whereQuery?: string;
  /** The route is meant only where this is so of the body. */
  readonly whereBody?: (body: unknown) => boolean;
  /** Whether the route is there at all under these switches; default yes. */
  readonly open?: (switches: Switches) => boolean;
  /** The jobs the request names outside its path. */
  readonly jobIds?: (visit: RequestContext<Switches>) => readonly string[];
  readonly answer: (visit: RequestContext<Switches>, id: string) => Answer;
}

/** A request as it stands on the wire. */
export interface OutgoingRequest {
  readonly method: string;
  /** The raw request target. */
  readonly target: string;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** What is true of a provider whatever is switched: the sandbox and the tests read it. */
export interface TwinFacts {
  /** The first is the one in the base URL. */
  readonly basePaths: readonly [string, ...string[]];
  readonly contentType: string;
  /** What every answer of its own has beside the type: the id of the request, which its clients show. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  readonly auth: { readonly header: string; readonly prefix: string };
  /** Set where the header is made from the request and the key, as a signature is: the headers that tests send. */
  readonly authorize?: (request: OutgoingRequest, apiKey: string) => Readonly<Record<string, string>>;
  /** A key in the provider's own form, from a word or from such a key. Left out where any word is a key. */
  readonly keyFrom?: (text: string) => string;
  /** What every request must have besides its key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where its jobs are, by the names of the options that calloff's connection has. */
  readonly options?: Readonly<Record<string, string>>;
  /** The statuses with which it answers a look at a job that is not there. Default: 404 alone. */
  readonly missingStatuses?: readonly number[];
  /** The status with which it refuses a key that is not valid. Default: 401 or 403. */
  readonly badKeyStatus?: number;
  /** The status with which it says that there were too many requests. Default: 429. */
  readonly limitedStatus?: number;
  /** The unit of its times, in ms: it shows them rounded down. Default: 1. */
  readonly timeUnitMs?: number;
  /** How long a cancel takes to become final, in ms, unless a job says otherwise. */
  readonly settlesInMs: number;
  /** A job id as this provider makes them, from a UUID. */
  readonly idOf: (uuid: string) => string;
  /** Its word for each state, as it is switched at the start. */
  readonly words: Readonly<Record<JobState, string>>;
  /** What the states look like that it has no word for: a provider without a queue shows a queued job as running. */
  readonly showsAs?: { readonly [state in JobState]?: JobState };
  /** Every status word it may show, in upper case, and what it stands for: by these, tests judge what calloff says. */
  readonly meanings: Readonly<Record<string, JobState>>;
  /** What of a word in the journal the provider itself writes, where the journal adds the flags that tell the state. */
  readonly quoted?: (word: string) => string;
  /** Faults under which flags beside the word, which the journal does not keep, tell more than the word. */
  readonly flagged?: readonly FaultKind[];
  /** The word in the journal for a job of which a list tells only that it is not known to be over. */
  readonly openWord?: string;
  /** The status by which it documents that a job cannot be cancelled. */
  readonly refusalStatus?: number;
  /** The shapes that its errors had before. */
  readonly errorShapes?: readonly string[];
  /** Whether its answers say that they are errors beside what they say of the job, so that the two can differ. */
  readonly hasEnvelope?: true;
  /** The jobs of the demo: some in every state. */
  readonly demo: readonly DemoJob[];
  readonly routes: readonly RoutePlace[];
}

/** A provider as data and pure functions: what it answers, given jobs, switches and a moment. */
export interface ProviderModel<Switches extends object> extends TwinFacts {
  /** Strict, with a default for every switch. */
  readonly switches: z.ZodType<Switches>;
  /** Switches that show what there is to switch. */
  readonly switchExample?: Partial<Switches>;
  readonly word: (state: JobState, switches: Switches) => string;
  readonly limits: (switches: Switches) => Limits;
  /** The provider's own error body. `shape` names an older one. */
  readonly error: (status: number, message: string, shape?: string) => Answer;
  /** How it refuses a key for an operation. */
  readonly badKey: (switches: Switches, operation: Operation) => Answer;
  /** Whether a request has the key, where more than one header tells. */
  readonly accepts?: (request: OutgoingRequest, apiKey: string, now: number) => boolean;
  /** How it says that there were too many requests, if not by a 429. */
  readonly tooMany?: (headers: Readonly<Record<string, string>>, switches: Switches) => Answer;
  readonly unknownPath: (method: string, path: string) => Answer;
  /** `allowed` are the methods the path does answer. */
  readonly wrongMethod: (method: string, path: string, allowed: readonly string[]) => Answer;
  /** Of two routes for one operation, tests use the first. */
  readonly routes: readonly Route<Switches>[];
}
