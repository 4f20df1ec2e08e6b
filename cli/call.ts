import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../shared/cancellation/request-context.ts';
import type { CalledGateway } from '../shared/gateway.ts';
import type { Local } from '../shared/local-gateway.ts';
import type { SignalHandlers } from './interruptible.ts';

/** What a command works with: a gateway, and the context of its requests. */
export interface Call {
  readonly gateway: CalledGateway;
  readonly context: RequestContext;
}

/** What works on an operation. */
export interface OperationWorker {
  /** Whether another process of this machine works there. */
  readonly seesOthers: boolean;
  start(): void;
  stop(): Promise<void>;
}

/** What a command works with that also works on operations. */
export interface OperationCall extends Call {
  /** Whether a server is asked, which works on the operations itself. */
  readonly isRemote: boolean;
  workerOn(...args: Parameters<Local['workerOn']>): OperationWorker;
  /** Sends the events of the webhook while this process works on an operation. */
  readonly sender: { start(): void; finish(): Promise<void> };
  /** From now on a signal to stop calls these, until the function is called that this returns. */
  handleSignals(handlers: SignalHandlers): () => void;
}

/** The context of one more request of the same call. */
export function anotherRequest({ context }: Call): RequestContext {
  return { ...context, requestId: randomUUID() };
}

/** The same call, of which a signal to stop ends no request. A second signal ends the process. */
export function afterInterrupt<C extends Call>(call: C): C {
  return { ...call, context: { ...call.context, signal: undefined } };
}

/** Whether a signal to stop has come. */
export function isInterrupted({ context }: Call): boolean {
  return context.signal?.aborted === true;
}
