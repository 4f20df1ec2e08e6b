import type * as z from 'zod';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { Gateway } from '../../shared/gateway.ts';

/** What a tool works with: the core, and the call it belongs to. */
export interface ToolCall {
  readonly gateway: Gateway;
  readonly context: RequestContext;
}

/** Both halves of a result: each stands alone, and they agree. `failed` where nothing came of the call at all. */
export interface ToolResult {
  readonly structured: Record<string, unknown>;
  readonly text: string;
  readonly failed: boolean;
}

/** Hints to a client about what a tool does to the world. All four, always. */
interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** A tool as a client sees it, neutral of any SDK. */
export interface ToolDescription<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: z.ZodObject;
  readonly annotations: Annotations;
}

/** A tool that can be called. `run` takes the arguments as the client sent them. */
export interface Tool extends ToolDescription<z.ZodObject> {
  run(given: unknown, call: ToolCall): Promise<ToolResult>;
}

/** What a tool that cancels tells a client. */
export const destructive: Annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: true,
};
