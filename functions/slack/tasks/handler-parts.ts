import type { RequestContext } from '../../../shared/cancellation/request-context.ts';
import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import type { SlackMessage } from '../cards/message.ts';
import type { Watch } from './task.ts';

/** What a task needs: the context of the call, and how to answer it. */
export interface HandlerParts {
  readonly gateway: Gateway;
  readonly call: RequestContext;
  /** Whether everyone in the channel sees the outcome of a cancel. */
  readonly announce: boolean;
  /** How long to wait for a final state, in seconds. No request waits for the answer, and a final state is better. */
  readonly waitSeconds: number;
  now(): number;
  /** Where the page for people is, if it is known. */
  readonly publicUrl?: URL | undefined;
  /** Sends a message before the answer. Never rejects. */
  tell(message: SlackMessage): Promise<void>;
  /** Has the end of an operation told later, or, of one that has `ended`, that jobs came back. `false` if that is not possible. */
  watch(operation: Pick<OperationView, 'id'>, ended?: Watch['ended']): Promise<boolean>;
  /** Waits so many milliseconds, or until the process is to stop. */
  sleep(ms: number): Promise<void>;
}

/** The message, and whether the person may repeat the command at once because it did nothing, or not everything. */
export interface SlackReply {
  readonly message: SlackMessage;
  readonly open?: boolean;
}
