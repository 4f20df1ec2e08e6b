import type * as z from 'zod';
import { presented } from '../../shared/contract/requests.ts';
import { digestResult, digestSchema } from './bulk-result.ts';
import { defineTool } from './define-tool.ts';
import { faultsResult } from './faults.ts';
import { cancelInput } from './input.ts';
import { combinedFaults, continueOperation, startInBackground } from './operations/run-operation.ts';
import { destructive, type ToolCall, type ToolResult } from './tool.ts';

/** Cancels many jobs. */
export const cancelJobsTool = defineTool({
  name: 'cancel_jobs',
  title: 'Cancel many jobs',
  summary: 'cancels the jobs of a list or of a selector, at any providers, and counts every outcome',
  description:
    'Like cancel_job, for many jobs at any of the providers. The answer counts all outcomes and shows up to 25, beginning with those that are not known to be cancelled. There is no "all": name every job, or give a selector. A person may be asked first.',
  input: cancelInput.many,
  output: digestSchema,
  annotations: destructive,
  run: ({ operation_id, background = false, ...request }, call) => {
    if (operation_id !== undefined) return proceed(operation_id, request, call);
    return background ? inBackground(request, call) : atOnce(request, call);
  },
});

type Request = Omit<z.infer<typeof cancelInput.many>, 'operation_id' | 'background'>;

async function atOnce(
  { confirmation, ...request }: Request,
  { gateway, context, ownWork }: ToolCall,
): Promise<ToolResult> {
  const result = await gateway.cancelJobs({ ...request, ...presented(confirmation) }, context);
  if (!result.ok) return faultsResult(result.faults);
  const { operation } = result.value;
  if (operation !== undefined) ownWork?.begin(operation.id);
  return digestResult(result.value);
}

async function inBackground(
  { jobs, selector, reason, ...others }: Request,
  call: ToolCall,
): Promise<ToolResult> {
  const faults = combinedFaults(others, 'background');
  return faults.length > 0 ? faultsResult(faults) : startInBackground({ jobs, selector, reason }, call);
}

async function proceed(
  operation_id: string,
  { confirmation, ...others }: Request,
  call: ToolCall,
): Promise<ToolResult> {
  const faults = combinedFaults(others, 'operation_id');
  return faults.length > 0 ? faultsResult(faults) : continueOperation(operation_id, confirmation, call);
}
