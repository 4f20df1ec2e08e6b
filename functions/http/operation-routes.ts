import type { Route } from './route.ts';

const oneOperation = '/v1/operations/{operation_id}';
const asItIs = { description: 'The operation as it is now' } as const;
const created = {
  status: 201,
  description: 'The operation, whose path is in Location',
} as const;

/** What a cancel of many jobs does in the background. */
export const inBackground = {
  operation: 'createOperation',
  success: { ...created, status: 202 },
} as const;

/** The routes of operations, in the order of the document. */
export const operationRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/operations',
    operation: 'createOperation',
    summary: 'Create an operation, which cancels up to 100,000 jobs in the background',
    input: 'body',
    isIdempotent: true,
    success: created,
    problems: [403, 404, 409, 422],
  },
  {
    method: 'GET',
    path: '/v1/operations',
    operation: 'listOperations',
    summary: 'List operations, newest first',
    input: 'query',
    success: {
      description: 'The operations that match',
    },
    hasEtag: true,
    problems: [403],
  },
  {
    method: 'GET',
    path: oneOperation,
    operation: 'getOperation',
    summary: 'Get the state of an operation',
    input: 'path',
    success: asItIs,
    hasEtag: true,
    problems: [404],
  },
  {
    method: 'DELETE',
    path: oneOperation,
    operation: 'deleteOperation',
    summary: 'Delete a draft',
    input: 'path',
    success: {
      description: 'The draft is deleted',
    },
    problems: [403, 404, 409],
  },
  {
    method: 'PUT',
    path: `${oneOperation}/pages/{page}`,
    operation: 'uploadPage',
    summary: 'Add a page of jobs to a draft, or replace it',
    input: 'body',
    success: asItIs,
    problems: [403, 404, 409],
  },
  {
    method: 'POST',
    path: `${oneOperation}/start`,
    operation: 'startOperation',
    summary: 'Start a draft',
    input: 'body',
    bodyIsOptional: true,
    success: {
      ...asItIs,
      description: 'The operation as it is now. It may wait for a confirmation: start it again with that',
    },
    problems: [403, 404, 409],
  },
  {
    method: 'POST',
    path: `${oneOperation}/pause`,
    operation: 'pauseOperation',
    summary: 'Pause an operation: no cancel is sent later than a second after the answer',
    input: 'body',
    success: asItIs,
    problems: [403, 404, 409],
  },
  {
    method: 'POST',
    path: `${oneOperation}/resume`,
    operation: 'resumeOperation',
    summary: 'Resume an operation, or do again what was not attempted, is unknown or failed',
    input: 'body',
    bodyIsOptional: true,
    success: asItIs,
    problems: [403, 404, 409],
  },
  {
    method: 'GET',
    path: `${oneOperation}/outcomes`,
    operation: 'listOutcomes',
    summary: 'List the outcomes of an operation',
    input: 'query',
    success: {
      description: 'The outcomes that match, by connection and then as the jobs were requested',
    },
    hasEtag: true,
    problems: [404],
  },
];
