import { expect } from 'vitest';
import { type Account, type Client, type ClientCase, errorsOf, load } from './client.ts';

interface WorkflowRun {
  readonly id: number;
  readonly status: string;
  readonly conclusion: string | null;
}

type Repository = { readonly owner: string; readonly repo: string };
type OneRun = Repository & { readonly run_id: number };

interface Actions {
  listWorkflowRunsForRepo(query: Repository): Promise<unknown>;
  getWorkflowRun(query: OneRun): Promise<{ readonly data: WorkflowRun }>;
  cancelWorkflowRun(query: OneRun): Promise<unknown>;
}

interface Octokit {
  readonly rest: { readonly actions: Actions };
  paginate(
    list: Actions['listWorkflowRunsForRepo'],
    query: Repository & { readonly per_page: number },
  ): Promise<readonly WorkflowRun[]>;
}

interface OctokitOptions {
  readonly baseUrl: string;
  readonly auth: string;
  readonly log: Readonly<Record<'debug' | 'info' | 'warn' | 'error', () => void>>;
}

interface HubQuery {
  readonly namespace: string;
  readonly hubUrl: string;
  readonly accessToken: string;
}

interface HubJob {
  readonly id: string;
  readonly status: { readonly stage: string };
}

interface Hub {
  listJobs(query: HubQuery): Promise<readonly HubJob[]>;
  getJob(query: HubQuery & { readonly jobId: string }): Promise<HubJob>;
  cancelJob(query: HubQuery & { readonly jobId: string }): Promise<HubJob>;
}

const silent = () => undefined;

function github({ baseUrl, apiKey: auth }: Account): Client {
  const Octokit: new (options: OctokitOptions) => Octokit = load('@octokit/rest').Octokit;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const client = new Octokit({ baseUrl, auth, log });
  const { actions } = client.rest;
  const repository = { owner: 'octo-lab', repo: 'simulations' };
  const run = (id: string) => ({ ...repository, run_id: Number(id) });
  return {
    list: async () =>
      (await client.paginate(actions.listWorkflowRunsForRepo, { ...repository, per_page: 50 })).map(
        ({ id }) => String(id),
      ),
    look: async (id) => {
      const { data } = await actions.getWorkflowRun(run(id));
      return data.conclusion ?? data.status;
    },
    cancel: (id) => actions.cancelWorkflowRun(run(id)),
  };
}

function huggingFace({ baseUrl: hubUrl, apiKey: accessToken }: Account): Client {
  const hub: Hub = load('@huggingface/hub');
  const query = { namespace: 'quantlab', hubUrl, accessToken };
  return {
    list: async () => (await hub.listJobs(query)).map(({ id }) => id),
    look: async (jobId) => (await hub.getJob({ ...query, jobId })).status.stage,
    cancel: (jobId) => hub.cancelJob({ ...query, jobId }),
  };
}

const githubErrors = errorsOf('@octokit/request-error');
const hubErrors = errorsOf('@huggingface/hub');

/** The clients of providers that keep programs, and run them. */
export const clientsOfHubs: readonly ClientCase[] = [
  {
    provider: 'github-actions',
    connect: github,
    end: 'cancelled',
    unknownJob: githubErrors('RequestError', { status: 404, response: { data: { message: 'Not Found' } } }),
    wrongKey: githubErrors('RequestError', {
      status: 401,
      response: {
        data: { message: 'Bad credentials' },
        headers: { 'x-github-request-id': expect.any(String) },
      },
    }),
    // The secondary limit is told by a 403.
    tooManyRequests: githubErrors('RequestError', { status: 403 }),
  },
  {
    provider: 'hugging-face',
    connect: huggingFace,
    end: 'CANCELED',
    key: 'hf_sandbox',
    listsAtMost: 100,
    unknownJob: hubErrors('HubApiError', { statusCode: 404, data: { error: 'Job not found' } }),
    wrongKey: hubErrors('HubApiError', { statusCode: 401, requestId: expect.stringContaining('Root=') }),
    tooManyRequests: hubErrors('HubApiError', { statusCode: 429 }),
  },
];
