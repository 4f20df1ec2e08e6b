import { auditedOperation, auditedOperationRead } from './audited.ts';
import { createOperation } from './create.ts';
import { deleteOperation, uploadPage } from './draft.ts';
import { getOperation, listOperations } from './get.ts';
import { listOutcomes } from './list-outcomes.ts';
import { pauseOperation, resumeOperation } from './resume.ts';
import { startOperation } from './start.ts';

/** The use cases of operations: a part that a process reads when it first gets a request about an operation. */
export const operationUseCases = {
  createOperation: auditedOperation('create', createOperation),
  uploadPage: auditedOperation('upload', uploadPage),
  startOperation: auditedOperation('start', startOperation),
  pauseOperation: auditedOperation('pause', pauseOperation),
  resumeOperation: auditedOperation('resume', resumeOperation),
  deleteOperation: auditedOperation('delete', deleteOperation),
  getOperation: auditedOperationRead(getOperation),
  listOutcomes: auditedOperationRead(listOutcomes),
  listOperations: auditedOperationRead(listOperations),
};
