import * as z from 'zod';
import { defineTool } from '../define-tool.ts';
import { faultsResult } from '../faults.ts';
import { pausedAnswer, pausedResult } from './operation-result.ts';

/** Pauses an operation. */
export const pauseOperationTool = defineTool({
  name: 'pause_operation',
  title: 'Pause an operation',
  summary: 'pauses an operation: no cancel is sent later than a second after the answer',
  description:
    'Pauses an operation: no further cancel is sent, and jobs that are not cancelled keep running. cancel_jobs with operation_id resumes it.',
  input: z.lazy(() => z.strictObject({ operation_id: z.string() })),
  output: pausedAnswer,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  async run(request, call) {
    const paused = await call.gateway.pauseOperation(request, call.context);
    return paused.ok ? pausedResult(paused.value, call) : faultsResult(paused.faults);
  },
});
