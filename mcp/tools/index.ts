import { cancelJobTool } from './cancel-job.ts';
import { cancelJobsTool } from './cancel-jobs.ts';
import { listJobsTool } from './list-jobs.ts';
import { getOperationTool } from './operations/get-operation.ts';
import { pauseOperationTool } from './operations/pause-operation.ts';
import type { Tool } from './tool.ts';

/** Every tool, in the order in which a client shows them. */
export const tools: readonly Tool[] = [
  cancelJobTool,
  cancelJobsTool,
  listJobsTool,
  getOperationTool,
  pauseOperationTool,
];
