import { inBackground, operationRoutes } from './operation-routes.ts';
import type { Route } from './route.ts';

const oneJob = '/v1/providers/{provider}/jobs/{job_id}';
const confirmation = {
  path: '/v1/confirmations/{confirmation_id}',
  input: 'body',
  success: { description: 'The confirmation as it is now' },
  problems: [403, 409, 429],
} as const;

/** Every route of the API but the probes and `/openapi.json`, in the order of the document. */
export const routes: readonly Route[] = [
  {
    method: 'POST',
    path: `${oneJob}/cancel`,
    operation: 'cancelJob',
    summary: 'Cancel one job',
    input: 'body',
    bodyIsOptional: true,
    problems: [404],
  },
  {
    method: 'POST',
    path: '/v1/jobs/cancel',
    operation: 'cancelJobs',
    summary: 'Cancel many jobs at any of the providers',
    input: 'body',
    success: {
      description: 'One outcome for each job, in the order of the request',
    },
    background: inBackground,
    problems: [403, 404, 409, 422],
  },
  {
    method: 'GET',
    path: oneJob,
    operation: 'getJob',
    summary: 'Get the status of one job',
    input: 'path',
    success: { description: 'The job as its provider shows it' },
    problems: [403, 404, 429],
  },
  {
    method: 'GET',
    path: '/v1/jobs',
    operation: 'listJobs',
    summary: 'List jobs across providers',
    input: 'query',
    success: { description: 'The jobs that match' },
    problems: [403, 404, 429],
  },
  {
    method: 'POST',
    path: '/v1/jobs/status',
    operation: 'getJobs',
    summary: 'Get the status of many jobs',
    input: 'body',
    success: {
      description:
        'Each job as its provider shows it, or why it could not be read, in the order of the request',
    },
    field: 'jobs',
    problems: [403, 404, 429],
  },
  {
    method: 'GET',
    path: '/v1/caller',
    operation: 'getCaller',
    summary: 'Show who you are, and what you may do',
    input: 'path',
    success: { description: 'The caller whose token this is' },
    problems: [],
  },
  {
    method: 'GET',
    path: '/v1/providers',
    operation: 'listProviders',
    summary: 'List the connections of this installation',
    input: 'path',
    success: {
      description: 'The connections, and what calloff can do at each',
    },
    problems: [],
  },
  {
    method: 'GET',
    path: '/v1/confirmations',
    operation: 'listConfirmations',
    summary: 'List what waits for your consent',
    input: 'query',
    success: { description: 'The confirmations, the soonest to expire first' },
    hasEtag: true,
    problems: [403, 429],
  },
  {
    ...confirmation,
    method: 'GET',
    operation: 'showConfirmation',
    summary: 'Show a request that needs a confirmation',
    input: 'query',
  },
  {
    ...confirmation,
    method: 'POST',
    operation: 'approveConfirmation',
    summary: 'Confirm the request, for one use',
  },
  {
    ...confirmation,
    method: 'DELETE',
    operation: 'closeConfirmation',
    summary: 'Close a confirmation without using it',
  },
  ...operationRoutes,
  {
    method: 'GET',
    path: '/v1/audit',
    operation: 'readAudit',
    summary: 'Read the audit: requests and their outcomes',
    input: 'query',
    success: { description: 'Audit entries, newest first' },
    hasEtag: true,
    problems: [403, 429],
  },
];
