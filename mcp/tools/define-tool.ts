import type * as z from 'zod';
import { readInput } from '../../shared/use-cases/validate.ts';
import { faultsResult } from './faults.ts';
import type { Tool, ToolCall, ToolDescription, ToolResult } from './tool.ts';
import { withoutNulls } from './without-nulls.ts';

/** A tool, and what it does with arguments that its input schema has checked. */
interface ToolDefinition<Request> extends ToolDescription<z.ZodObject & z.ZodType<Request>> {
  run(request: Request, call: ToolCall): Promise<ToolResult>;
}

/** Makes a tool whose arguments are parsed once: its `run` sees them typed, and faults are its result. */
export function defineTool<Request>({ run, ...tool }: ToolDefinition<Request>): Tool {
  return {
    ...tool,
    async run(given, call) {
      const request = readInput(tool.input, withoutNulls(tool.input, given));
      return request.ok ? run(request.value, call) : faultsResult(request.faults);
    },
  };
}
