import type { Surface } from '../shared/access/audit/steps.ts';
import type { Caller } from '../shared/access/caller.ts';
import type { CalledGateway } from '../shared/gateway.ts';
import type { Log } from '../shared/lib/log.ts';
import type { OwnWork } from './tools/tool.ts';

/** What the server needs. */
export interface ServerParts {
  readonly gateway: CalledGateway;
  readonly log: Log;
  /** The caller, by the rules in force now. */
  caller(): Promise<Caller>;
  readonly surface: Surface;
  newRequestId(): string;
  /** The work of this process on operations, if no server does it. */
  readonly ownWork?: OwnWork | undefined;
  /** Aborted when the process is to stop. */
  readonly stopping?: AbortSignal | undefined;
  /** Receives every call, so that a process can wait for the calls in progress before it ends. */
  onCall?(call: Promise<unknown>): void;
}
