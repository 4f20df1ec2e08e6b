import type { GatewayMethod } from '../../../shared/gateway.ts';

/** The groups of the operations, in the order of the document. */
export const tags = [
  { name: 'Jobs', description: 'Jobs at the providers: list them, check their status, cancel them.' },
  { name: 'Connections', description: 'The provider accounts that this installation knows.' },
  { name: 'Confirmations', description: 'Requests that need the consent of another caller or of a person.' },
  { name: 'Operations', description: 'Up to 100,000 jobs, cancelled in the background and followed.' },
  { name: 'Audit', description: 'The record of every request and outcome.' },
  { name: 'Health', description: 'Whether the process answers.' },
] as const;

interface OperationText {
  readonly tag: (typeof tags)[number]['name'];
  /** What the summary leaves out: what the call sends, and how to read its answer. */
  readonly description: string;
}

/** What the document says of each operation besides its summary. No request needs it, so the table of routes does not hold it. */
export const operationTexts: Readonly<Record<GatewayMethod, OperationText>> = {
  cancelJob: {
    tag: 'Jobs',
    description:
      "calloff checks the job's status, sends a cancel if the job has not ended, and checks the status again. The outcome decides the HTTP status. Only `cancelled` and `already_cancelled` mean that the provider shows the job as cancelled.",
  },
  cancelJobs: {
    tag: 'Jobs',
    description:
      'Name at most 5,000 jobs, or pick them by a selector. The answer has one outcome for each job, and its HTTP status is 200 whatever the outcomes are. A cancel with a selector always needs a confirmation: send the `confirmation_token` of the first answer. With `background: true` calloff creates an operation instead.',
  },
  getJob: {
    tag: 'Jobs',
    description:
      "calloff reads the job's status at its provider. If that fails, the answer is the outcome that a cancel would have had, and its code says why.",
  },
  getJobs: {
    tag: 'Jobs',
    description:
      'Name at most 5,000 jobs. calloff reads their status at the providers, in as few requests as each allows. A job that could not be read has an outcome instead, whose code says why.',
  },
  listJobs: {
    tag: 'Jobs',
    description:
      'Jobs may be missing if `partial` is true: `unavailable` then names each connection and the reason. An empty list means that there is no such job only if `partial` is false.',
  },
  getCaller: {
    tag: 'Connections',
    description:
      'Asks no provider. Rules about single jobs are not in the answer: they can narrow the rights.',
  },
  listProviders: {
    tag: 'Connections',
    description:
      'Requests name a connection as `provider`. The list says whether calloff has an API key for it, and what calloff can do there.',
  },
  listConfirmations: {
    tag: 'Confirmations',
    description: 'The requests of other callers that you may approve or close.',
  },
  showConfirmation: {
    tag: 'Confirmations',
    description:
      'Shows the jobs of the request as they were when the confirmation was offered. With `check=true` calloff reads their status again.',
  },
  approveConfirmation: {
    tag: 'Confirmations',
    description:
      'The approval cancels nothing by itself: the caller who made the request sends it again with `confirmation_id`.',
  },
  closeConfirmation: {
    tag: 'Confirmations',
    description:
      'The confirmation cannot be used after that. Its caller can send the request again to get a new one.',
  },
  createOperation: {
    tag: 'Operations',
    description:
      'Name at most 5,000 jobs, or pick them by a selector. For more jobs create a draft, add pages to it, and start it. With an `Idempotency-Key` the request is safe to repeat.',
  },
  listOperations: {
    tag: 'Operations',
    description: 'Your operations. With the right `audit`, those of other callers too.',
  },
  getOperation: {
    tag: 'Operations',
    description:
      '`counts` has the outcomes so far, `pending` the number of jobs without one. The operation has ended when its `state` is `finished`.',
  },
  deleteOperation: {
    tag: 'Operations',
    description: 'Only a draft can be deleted: what was sent stays on record.',
  },
  uploadPage: {
    tag: 'Operations',
    description: 'A page has at most 5,000 jobs. The same page, sent again, replaces the earlier one.',
  },
  startOperation: {
    tag: 'Operations',
    description:
      'The start freezes the jobs, each counted once. If the operation needs a confirmation, its state is `waiting_for_confirmation`, and nothing is sent before it is started again with the confirmation.',
  },
  pauseOperation: {
    tag: 'Operations',
    description: 'Jobs that are not cancelled by then keep running. Resume the operation to go on.',
  },
  resumeOperation: {
    tag: 'Operations',
    description:
      'calloff goes on in the name of the caller who resumes, and checks the status of each job before it sends another cancel.',
  },
  listOutcomes: {
    tag: 'Operations',
    description: 'One outcome for each job of the operation; `pending` marks a job that has none so far.',
  },
  readAudit: {
    tag: 'Audit',
    description:
      'calloff records a cancel before it sends it, and its outcome afterwards. It records refused requests, too.',
  },
};
