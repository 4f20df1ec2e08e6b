import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { faultsResult } from '../faults.ts';
import type { ToolCall, ToolResult } from '../tool.ts';
import { operationAnswer, operationResult, operationsResult, outcomesResult } from './operation-result.ts';

const mostOperations = 10;
const mostOutcomes = 25;

const input = z.lazy(() =>
  z.strictObject({
    operation_id: z.string().optional().describe('Without it, your last ten'),
    outcome: z
      .string()
      .optional()
      .describe('Lists the jobs with this outcome instead; several with commas; also pending, came_back'),
    cursor: z.string().optional(),
  }),
);

/** Shows an operation, a page of its outcomes, or the caller's latest operations. */
export const getOperationTool = defineTool({
  name: 'get_operation',
  title: 'Look at an operation',
  summary: 'shows the progress of an operation, its outcomes, or the latest operations',
  description: 'Shows how far an operation of cancel_jobs is. Reads only.',
  input,
  output: operationAnswer,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: ({ operation_id, outcome, cursor }, call) => {
    if (operation_id === undefined) return list(outcome, cursor, call);
    return outcome === undefined && cursor === undefined
      ? show(operation_id, call)
      : listOutcomes(operation_id, { outcome, cursor }, call);
  },
});

async function show(operation_id: string, call: ToolCall): Promise<ToolResult> {
  const found = await call.gateway.getOperation({ operation_id }, call.context);
  return found.ok ? operationResult(found.value, call) : faultsResult(found.faults);
}

async function list(
  outcome: string | undefined,
  cursor: string | undefined,
  { gateway, context }: ToolCall,
): Promise<ToolResult> {
  if (outcome !== undefined)
    return faultsResult([{ path: 'operation_id', kind: 'invalid', message: 'is needed with outcome' }]);
  const found = await gateway.listOperations({ limit: mostOperations, cursor }, context);
  return found.ok
    ? operationsResult(found.value.operations, found.value.next_cursor)
    : faultsResult(found.faults);
}

async function listOutcomes(
  operation_id: string,
  page: { readonly outcome: string | undefined; readonly cursor: string | undefined },
  { gateway, context }: ToolCall,
): Promise<ToolResult> {
  const found = await gateway.listOutcomes({ operation_id, limit: mostOutcomes, ...page }, context);
  return found.ok ? outcomesResult(operation_id, found.value) : faultsResult(found.faults);
}
