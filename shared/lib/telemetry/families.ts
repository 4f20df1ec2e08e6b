/** A metric of the Prometheus text format, and what it means. */
interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** The upper limits of the buckets of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

/** Every metric, in the order of the answer. docs/deploy.md lists them. */
export const families = {
  cancels: {
    name: 'calloff_cancels_total',
    type: 'counter',
    help: 'Outcomes of jobs, one for each job of a call or of a slice of an operation. Dry runs are left out.',
  },
  providerRequests: {
    name: 'calloff_provider_requests_total',
    type: 'counter',
    help: 'Requests sent to providers.',
  },
  rateLimited: {
    name: 'calloff_rate_limited_total',
    type: 'counter',
    help: 'Requests that a provider turned away because of their pace.',
  },
  cameBack: {
    name: 'calloff_came_back_total',
    type: 'counter',
    help: 'Jobs that were cancelled and that a later check saw alive again.',
  },
  auditWriteFailures: {
    name: 'calloff_audit_write_failures_total',
    type: 'counter',
    help: 'Records of the audit that could not be written.',
  },
  providerSeconds: {
    name: 'calloff_provider_request_seconds',
    type: 'histogram',
    help: 'How long a request to a provider took.',
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  cancelSeconds: {
    name: 'calloff_cancel_seconds',
    type: 'histogram',
    help: 'How long a call that cancels took, one job or many.',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120],
  },
  confirmationsPending: {
    name: 'calloff_confirmations_pending',
    type: 'gauge',
    help: 'Requests that wait for a confirmation, from the store: the same in every process.',
  },
  operations: {
    name: 'calloff_operations',
    type: 'gauge',
    help: 'The newest 500 operations by state, from the store: the same in every process.',
  },
  buildInfo: { name: 'calloff_build_info', type: 'gauge', help: 'The version, as a label.' },
} as const satisfies Record<string, Family>;

/** The name of a family in the table. */
export type FamilyName = keyof typeof families;
