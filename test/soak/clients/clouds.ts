import { expect } from 'vitest';
import { awsKeyFrom } from '../../../sandbox/twin/aws-signature.ts';
import { type Account, allOf, type Client, type ClientCase, errorsOf, load } from './client.ts';

interface Run {
  readonly run_id: number;
  readonly status: { readonly state: string; readonly termination_details?: { readonly code: string } };
}

interface Databricks {
  readonly jobs: {
    listRuns(query: { readonly limit: number }): AsyncIterable<Run>;
    getRun(query: Pick<Run, 'run_id'>): Promise<Run>;
    cancelRun(query: Pick<Run, 'run_id'>): Promise<unknown>;
  };
}

interface DatabricksOptions {
  readonly host: string;
  readonly token: string;
  readonly authType: 'pat';
  /** Neither the environment nor a file. */
  readonly loaders: readonly never[];
}

interface BatchJob {
  readonly jobId: string;
  readonly status: string;
  readonly isTerminated?: boolean;
}

/** What `Batch`, the client of AWS with a method for each operation, is asked for. */
interface AwsBatch {
  describeJobs(query: { readonly jobs: readonly string[] }): Promise<{ readonly jobs: readonly BatchJob[] }>;
  terminateJob(query: { readonly jobId: string; readonly reason: string }): Promise<unknown>;
  terminateJobs(query: {
    readonly jobs: readonly string[];
    readonly reason: string;
  }): Promise<{ readonly successful: readonly string[] }>;
}

interface AwsBatchOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

interface AwsBatchPackage {
  readonly Batch: new (options: AwsBatchOptions) => AwsBatch;
  paginateListJobs(
    context: { readonly client: AwsBatch; readonly pageSize: number },
    query: {
      readonly jobQueue: string;
      readonly filters: readonly { readonly name: string; readonly values: readonly string[] }[];
    },
  ): AsyncIterable<{ readonly jobSummaryList: readonly BatchJob[] }>;
}

function databricks({ baseUrl: host, apiKey: token }: Account): Client {
  const { WorkspaceClient }: { WorkspaceClient: new (options: DatabricksOptions) => Databricks } = load(
    '@databricks/sdk-experimental',
  );
  const { jobs } = new WorkspaceClient({ host, token, authType: 'pat', loaders: [] });
  return {
    list: async () => (await allOf(jobs.listRuns({ limit: 24 }))).map(({ run_id }) => String(run_id)),
    look: async (id) => {
      const { state, termination_details } = (await jobs.getRun({ run_id: Number(id) })).status;
      return `${state}, ${termination_details?.code}`;
    },
    cancel: (id) => jobs.cancelRun({ run_id: Number(id) }),
  };
}

/** The client of AWS. A key of the process or of its machine is never asked for. */
export function awsBatch({ baseUrl: endpoint, apiKey }: Account): Client & {
  readonly batch: AwsBatch;
} {
  const { Batch, paginateListJobs }: AwsBatchPackage = load('@aws-sdk/client-batch');
  const credentials = awsKeyFrom(apiKey);
  const batch = new Batch({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  const all = { jobQueue: 'nightly', filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] };
  return {
    batch,
    list: async () =>
      (await allOf(paginateListJobs({ client: batch, pageSize: 50 }, all))).flatMap(({ jobSummaryList }) =>
        jobSummaryList.map(({ jobId }) => jobId),
      ),
    look: async (id) => {
      const [job] = (await batch.describeJobs({ jobs: [id] })).jobs;
      return job?.isTerminated ? `${job.status}, terminated` : job?.status;
    },
    cancel: (jobId) => batch.terminateJob({ jobId, reason: 'a test' }),
  };
}

const databricksErrors = errorsOf('@databricks/sdk-experimental');
const awsErrors = errorsOf('@aws-sdk/client-batch');

/** The clients of clouds. IBM has none for npm: its official client is in Python. */
export const clientsOfClouds: readonly ClientCase[] = [
  {
    provider: 'databricks',
    connect: databricks,
    end: 'TERMINATED, USER_CANCELED',
    unknownJob: databricksErrors('ApiError', { statusCode: 400, errorCode: 'INVALID_PARAMETER_VALUE' }),
    wrongKey: databricksErrors('ApiError', { statusCode: 401, errorCode: 'UNAUTHENTICATED' }),
  },
  {
    provider: 'aws-batch',
    connect: awsBatch,
    end: 'FAILED, terminated',
    wrongKey: awsErrors('BatchServiceException', {
      ...{ name: 'InvalidSignatureException', $fault: 'client' },
      $metadata: { httpStatusCode: 403, requestId: expect.any(String) },
    }),
    tooManyRequests: awsErrors('BatchServiceException', { name: 'TooManyRequestsException' }),
  },
];
