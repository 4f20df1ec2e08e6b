import { countOutcomes } from '../../../shared/contract/outcome.ts';
import type { GatewayMethod } from '../../../shared/gateway.ts';
import { problems } from '../problem.ts';
import { operationExamples } from './operation-examples.ts';
import {
  confirmationExample,
  displayName,
  exampleOf,
  job_id,
  outcomeExamples,
  provider,
} from './outcome-examples.ts';

type Examples = Readonly<Partial<Record<GatewayMethod, object>>>;

const jobs = [
  { provider, job_id },
  { provider, job_id: 'job-2' },
];
const reason = 'sweep of 3 May';
const request_id = '0b1f6c1e-6a3c-4b6e-9d55-5b0f5f6f3d0a';
const next_cursor = null;
const observed_at = '2026-05-03T09:00:02.000Z';
const evidence = { source: 'status', provider_status: 'RUNNING', observed_at };
const job = {
  ...{ provider, job_id, state: 'running', name: 'nightly', owner: 'ada', labels: { team: 'ml' } },
  created_at: '2026-05-03T06:00:00.000Z',
  evidence,
};
const outcomesOfJobs = [exampleOf('cancelled'), { ...exampleOf('already_finished'), job_id: 'job-2' }];

/** Bodies, by their operations. */
export const bodyExamples: Examples = {
  cancelJob: { wait_seconds: 10, reason },
  cancelJobs: { jobs, reason },
  createOperation: { jobs, reason },
  getJobs: { jobs },
  uploadPage: { jobs },
  startOperation: {},
  resumeOperation: { outcome: ['failed'] },
};

/** Answers to requests that were carried out, by their operations. Those about one job are {@link outcomeExamples}. */
export const answerExamples: Examples = {
  cancelJobs: {
    request_id,
    outcomes: outcomesOfJobs,
    counts: countOutcomes(outcomesOfJobs),
    duplicates: 0,
  },
  getJob: job,
  getJobs: { jobs: [job, { ...exampleOf('not_found'), job_id: 'job-2' }] },
  getCaller: {
    ...{ id: 'ada', kind: 'person' },
    may: {
      ...{ connections: ['*'], actions: ['list', 'cancel'], max_jobs: 5_000, max_operation_jobs: 100_000 },
      ...{ confirm_above: 10, self_confirm: true },
    },
  },
  listJobs: { jobs: [job], partial: false, unavailable: [], next_cursor },
  listProviders: {
    providers: [
      {
        ...{ provider, name: displayName, configured: true },
        can: { cancel: true, status: true, list: true, cancel_many: false, status_many: false },
        documentation: ['https://docs.example.com/jobs'],
      },
    ],
  },
  listConfirmations: { confirmations: [{ ...confirmationExample, jobs_total: 1 }], next_cursor },
  showConfirmation: confirmationExample,
  approveConfirmation: { ...confirmationExample, state: 'approved', approved_by: 'eve' },
  closeConfirmation: { ...confirmationExample, state: 'closed' },
  createOperation: operationExamples.started,
  listOperations: { operations: [operationExamples.finished], next_cursor },
  getOperation: operationExamples.finished,
  deleteOperation: { id: operationExamples.draft.id, deleted: true },
  uploadPage: operationExamples.draft,
  startOperation: operationExamples.started,
  pauseOperation: operationExamples.paused,
  resumeOperation: operationExamples.resumed,
  listOutcomes: { outcomes: outcomesOfJobs, next_cursor },
  readAudit: {
    entries: [
      {
        at: '2026-05-03T09:00:00.000Z',
        request_id,
        ...{ caller: 'ada', kind: 'person', surface: 'http', action: 'cancel', decision: 'allowed' },
        ...{ connection: provider, job_id, outcome: 'cancelled', state: 'cancelled', reason },
        evidence: { ...evidence, provider_status: 'CANCELLED' },
      },
    ],
    unreadable: 0,
    next_cursor,
  },
};

const fault = { path: '', message: 'Unrecognized key: "dryRun"' };

const { 'no-such-route': _, 'method-not-allowed': __, ...ofRoutes } = problems;
/** The problems that a route can answer with. */
export const problemsOfRoutes = ofRoutes;

const problemExamples = Object.entries(problemsOfRoutes).map(([type, { title, status }]) => {
  const faults = type === 'invalid-request' ? { faults: [fault] } : {};
  const value = { type: `urn:calloff:problem:${type}`, title, status, request_id, ...faults };
  return [`problem-${type}`, { value }] as const;
});

/** Examples that several answers refer to: of each outcome and each code, and of each type of problem. */
export const sharedExamples = { ...outcomeExamples, ...Object.fromEntries(problemExamples) };
