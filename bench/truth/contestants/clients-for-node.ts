import * as z from 'zod';
import { awsKeyFrom } from '../../../sandbox/twin/aws-signature.ts';
import { load } from '../../../test/soak/clients/client.ts';
import type { Account } from '../contestant.ts';
import type { Claim } from '../score.ts';

/** What a client says that returned: its word for the status, or, if it tells none, what its return stands for. */
export type Said = { readonly status: unknown } | { readonly returned: Claim };

/** Makes a client of a provider, which cancels one job at a time. It rejects with the error of the client. */
type Connect = (account: Account) => (id: string) => Promise<Said>;

interface Jobs {
  cancel(id: string): Promise<unknown>;
}

type Options = { readonly baseURL: string; readonly apiKey: string };
type OpenAi = { readonly batches: Jobs; readonly fineTuning: { readonly jobs: Jobs } };
type Anthropic = { readonly messages: { readonly batches: Jobs } };
type Replicate = { readonly predictions: Jobs };

interface GeminiOptions {
  readonly apiKey: string;
  readonly vertexai: false;
  readonly httpOptions: { readonly baseUrl: string; readonly apiVersion: string };
}
interface Gemini {
  readonly batches: { cancel(query: { readonly name: string }): Promise<unknown> };
}

interface DatabricksOptions {
  readonly host: string;
  readonly token: string;
  readonly authType: 'pat';
  readonly loaders: readonly never[];
}
interface Databricks {
  readonly jobs: { cancelRun(query: { readonly run_id: number }): Promise<unknown> };
}

interface AwsOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}
interface AwsBatch {
  terminateJob(query: { readonly jobId: string; readonly reason: string }): Promise<unknown>;
}

type OneRun = { readonly owner: string; readonly repo: string; readonly run_id: number };
interface OctokitOptions {
  readonly baseUrl: string;
  readonly auth: string;
  readonly log: Readonly<Record<'debug' | 'info' | 'warn' | 'error', () => void>>;
}
interface Octokit {
  readonly rest: { readonly actions: { cancelWorkflowRun(query: OneRun): Promise<unknown> } };
}

interface Hub {
  cancelJob(
    query: Readonly<Record<'namespace' | 'hubUrl' | 'accessToken' | 'jobId', string>>,
  ): Promise<unknown>;
}

/** An answer that the client hands on although it is no job has no status. */
const job = z.object({ status: z.unknown() }).catch({ status: undefined });
const withStage = z.object({ status: z.object({ stage: z.unknown() }) });
/** A batch of Anthropic that ended says by its counts how. */
const withCounts = z.object({
  processing_status: z.literal('ended'),
  request_counts: z.object({ canceled: z.number() }),
});

const ofStatus =
  (jobs: Jobs) =>
  async (id: string): Promise<Said> =>
    job.parse(await jobs.cancel(id));

function openai({ baseUrl, apiKey }: Account): OpenAi {
  const OpenAI: new (options: Options) => OpenAi = load('openai').OpenAI;
  return new OpenAI({ baseURL: baseUrl, apiKey });
}

const anthropic: Connect = ({ baseUrl, apiKey }) => {
  const Client: new (options: Options) => Anthropic = load('@anthropic-ai/sdk').Anthropic;
  const { batches } = new Client({ baseURL: baseUrl, apiKey }).messages;
  return async (id) => {
    const ended = withCounts.safeParse(await batches.cancel(id));
    if (!ended.success) return { returned: 'open' };
    return { returned: ended.data.request_counts.canceled > 0 ? 'cancelled' : 'finished' };
  };
};

const gemini: Connect = ({ baseUrl, apiKey }) => {
  const Client: new (options: GeminiOptions) => Gemini = load('@google/genai').GoogleGenAI;
  const httpOptions = { baseUrl: new URL(baseUrl).origin, apiVersion: 'v1beta' };
  const { batches } = new Client({ apiKey, vertexai: false, httpOptions });
  return async (id) => {
    await batches.cancel({ name: `batches/${id}` });
    return { returned: 'cancelled' };
  };
};

const replicate: Connect = ({ baseUrl, apiKey: auth }) => {
  const Client: new (options: { readonly baseUrl: string; readonly auth: string }) => Replicate =
    load('replicate');
  return ofStatus(new Client({ baseUrl, auth }).predictions);
};

/** The comment of `cancelRun` says that the run may still go on. */
const databricks: Connect = ({ baseUrl: host, apiKey: token }) => {
  const Client: new (options: DatabricksOptions) => Databricks = load(
    '@databricks/sdk-experimental',
  ).WorkspaceClient;
  const { jobs } = new Client({ host, token, authType: 'pat', loaders: [] });
  return async (id) => {
    await jobs.cancelRun({ run_id: Number(id) });
    return { returned: 'open' };
  };
};

const awsBatch: Connect = ({ baseUrl: endpoint, apiKey }) => {
  const Batch: new (options: AwsOptions) => AwsBatch = load('@aws-sdk/client-batch').Batch;
  const batch = new Batch({ endpoint, region: 'eu-central-1', credentials: awsKeyFrom(apiKey) });
  return async (jobId) => {
    await batch.terminateJob({ jobId, reason: 'a test' });
    return { returned: 'cancelled' };
  };
};

const silent = () => undefined;

/** It hands on the 202 of GitHub, which says no more than that the cancel was accepted. */
const githubActions: Connect = ({ baseUrl, apiKey: auth }) => {
  const Client: new (options: OctokitOptions) => Octokit = load('@octokit/rest').Octokit;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const { actions } = new Client({ baseUrl, auth, log }).rest;
  return async (id) => {
    await actions.cancelWorkflowRun({ owner: 'octo-lab', repo: 'simulations', run_id: Number(id) });
    return { returned: 'open' };
  };
};

const huggingFace: Connect = ({ baseUrl: hubUrl, apiKey: accessToken }) => {
  const hub: Hub = load('@huggingface/hub');
  return async (jobId) => {
    const shown = withStage.safeParse(
      await hub.cancelJob({ namespace: 'quantlab', hubUrl, accessToken, jobId }),
    );
    return { status: shown.success ? shown.data.status.stage : undefined };
  };
};

/** The official clients from npm, by provider, as they come: with their own retries, times and settings. */
export const clientsForNode = {
  'openai-batch': (account: Account) => ofStatus(openai(account).batches),
  'openai-fine-tuning': (account: Account) => ofStatus(openai(account).fineTuning.jobs),
  anthropic,
  gemini,
  replicate,
  databricks,
  'aws-batch': awsBatch,
  'github-actions': githubActions,
  'hugging-face': huggingFace,
} as const;
