import { cancelJob } from './cancel-job.ts';
import { cancelJobs } from './cancel-jobs.ts';
import { listJobs } from './list-jobs.ts';
import type { Tool } from './tool.ts';

/** Every tool, in the order in which a client shows them. */
export const tools: readonly Tool[] = [cancelJob, cancelJobs, listJobs];
