import type * as z from 'zod';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { CalledGateway } from '../../shared/gateway.ts';

/** The work on operations of a process that works on no others than those it is told to. */
export interface OwnWork {
  /** Begins to work on an operation, unless it does so already. */
  begin(operation: string): void;
  /** Whether it works on the operation. */
  isOn(operation: string): boolean;
}

/** What a tool works with: the gateway and the context of the call. */
export interface ToolCall {
  readonly gateway: CalledGateway;
  readonly context: RequestContext;
  /** Present if no server works on operations. */
  readonly ownWork?: OwnWork | undefined;
}

/** A result in two forms that agree, each complete. `failed` if the call achieved nothing. */
export interface ToolResult {
  readonly structured: Record<string, unknown>;
  readonly text: string;
  readonly failed: boolean;
}

/** Hints to a client about the effects of a tool. All four, always. */
interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** A tool as a client sees it, independent of any SDK. */
export interface ToolDescription<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** What a person reads of it, in documents and in the list of a bundle's tools. */
  readonly summary: string;
  /** What a model reads of it. */
  readonly description: string;
  /** The schemas are made when they are first needed: those of the output in no call. */
  readonly input: z.ZodLazy<Input>;
  readonly output: z.ZodLazy<z.ZodObject>;
  readonly annotations: Annotations;
}

/** A tool that can be called. `run` takes the arguments as the client sent them. */
export interface Tool extends ToolDescription<z.ZodObject> {
  run(given: unknown, call: ToolCall): Promise<ToolResult>;
}

/** The hints of a tool that cancels. */
export const destructive: Annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: true,
};
