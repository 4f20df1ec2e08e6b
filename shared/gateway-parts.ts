import type { JobPattern } from './access/caller.ts';
import type { ConfirmationAsked } from './access/confirmation/types.ts';
import type { ConnectionSettings } from './config/connection-settings.ts';
import type { ConnectionParts } from './connections.ts';
import type { Accounts } from './http/rate-limit/accounts.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Meter } from './lib/telemetry/meter.ts';
import type { WaysToConfirm } from './messages/confirmation.ts';
import type { Store } from './store/store.ts';

/** The store and the secrets of limits, confirmations and the audit. */
export interface AccessParts {
  readonly store: Store;
  /** The secret behind confirmations. Without it only the person at the client can confirm. */
  pepper(): Promise<string | undefined>;
  /** Whether the process keeps running after an answer, so that the answer need not wait for a record. Default: no. */
  readonly outlivesAnswers?: boolean;
  /** How long a confirmation lives that is for an operation, or that someone other than its caller must give, in minutes. */
  confirmationMinutes?(): Promise<number>;
}

/** The parts of a gateway. Without `access` calloff counts, confirms and records nothing. */
export interface GatewayParts {
  /** The configured connections of this moment. The same array means that nothing has changed. */
  connections(): Promise<readonly ConnectionSettings[]>;
  credentials: ConnectionParts['credentials'];
  /** Milliseconds for one call. */
  readonly budgetMs: number;
  readonly access?: AccessParts | undefined;
  /** Jobs that no caller may cancel; by default none. */
  protectedJobs?(): Promise<readonly JobPattern[]>;
  /** How a person can confirm, besides the API; by default in no other way. */
  waysToConfirm?(): Promise<WaysToConfirm>;
  /** Tells workers that there is work at these connections. Never rejects. Default: does nothing. */
  ring?(connections: readonly string[]): Promise<void>;
  /** Stores that a confirmation waits for someone other than its caller, so that people are told. Default: does nothing. */
  tellWaiting?(asked: ConfirmationAsked): Promise<unknown>;
  /** The rate limiters of the accounts, if they outlive this gateway. */
  readonly accounts?: Accounts | undefined;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Counts what happens. Default: nothing is counted. */
  readonly meter?: Meter | undefined;
}
