import { expect } from 'vitest';
import { type Account, allOf, type Client, type ClientCase, errorsOf, load, type Thrown } from './client.ts';

/** The clients of providers that serve models. */

interface Options {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly maxRetries: number;
}

interface Item {
  readonly id: string;
  readonly status?: string;
  readonly processing_status?: string;
}

/** Batches, or fine-tuning jobs. */
interface Jobs {
  list(query: { readonly limit: number }): AsyncIterable<Item>;
  retrieve(id: string): Promise<Item>;
  cancel(id: string): Promise<Item>;
}

interface OpenAi {
  readonly batches: Jobs;
  readonly fineTuning: { readonly jobs: Jobs };
}

interface Anthropic {
  readonly messages: { readonly batches: Jobs };
}

interface GeminiBatch {
  readonly name: string;
  readonly state: string;
}

interface Gemini {
  readonly batches: {
    list(query: { readonly config: { readonly pageSize: number } }): Promise<AsyncIterable<GeminiBatch>>;
    get(query: Pick<GeminiBatch, 'name'>): Promise<GeminiBatch>;
    cancel(query: Pick<GeminiBatch, 'name'>): Promise<void>;
  };
}

interface GeminiOptions {
  readonly apiKey: string;
  readonly vertexai: false;
  readonly httpOptions: { readonly baseUrl: string; readonly apiVersion: string };
}

interface Replicate {
  readonly predictions: {
    list(): Promise<unknown>;
    get(id: string): Promise<Item>;
    cancel(id: string): Promise<Item>;
  };
  paginate(list: Replicate['predictions']['list']): AsyncIterable<readonly Item[]>;
}

type ReplicateOptions = { readonly baseUrl: string; readonly auth: string };

function ofJobs(jobs: Jobs): Client {
  return {
    list: async () => (await allOf(jobs.list({ limit: 10 }))).map(({ id }) => id),
    look: async (id) => {
      const { status, processing_status } = await jobs.retrieve(id);
      return status ?? processing_status;
    },
    cancel: (id) => jobs.cancel(id),
  };
}

const optionsOf = ({ baseUrl, apiKey }: Account): Options => ({ baseURL: baseUrl, apiKey, maxRetries: 0 });

function openai(account: Account): OpenAi {
  const OpenAI: new (options: Options) => OpenAi = load('openai').OpenAI;
  return new OpenAI(optionsOf(account));
}

function anthropic(account: Account): Client {
  const Anthropic: new (options: Options) => Anthropic = load('@anthropic-ai/sdk').Anthropic;
  return ofJobs(new Anthropic(optionsOf(account)).messages.batches);
}

function gemini({ baseUrl, apiKey }: Account): Client {
  const GoogleGenAI: new (options: GeminiOptions) => Gemini = load('@google/genai').GoogleGenAI;
  const { origin: host } = new URL(baseUrl);
  const httpOptions = { baseUrl: host, apiVersion: 'v1beta' };
  const { batches } = new GoogleGenAI({ apiKey, vertexai: false, httpOptions });
  const named = (id: string) => ({ name: `batches/${id}` });
  return {
    list: async () =>
      (await allOf(await batches.list({ config: { pageSize: 50 } }))).map(({ name }) =>
        name.replace('batches/', ''),
      ),
    look: async (id) => (await batches.get(named(id))).state,
    cancel: (id) => batches.cancel(named(id)),
  };
}

function replicate({ baseUrl, apiKey: auth }: Account): Client {
  const Replicate: new (options: ReplicateOptions) => Replicate = load('replicate');
  const client = new Replicate({ baseUrl, auth });
  const { predictions } = client;
  return {
    list: async () => (await allOf(client.paginate(predictions.list))).flat().map(({ id }) => id),
    look: async (id) => (await predictions.get(id)).status,
    cancel: (id) => predictions.cancel(id),
  };
}

const openaiErrors = errorsOf('openai');
const requestShown = { requestID: expect.stringMatching(/^req_/) };
const openaiThrows = {
  wrongKey: openaiErrors('AuthenticationError', { ...requestShown, status: 401, code: 'invalid_api_key' }),
  tooManyRequests: openaiErrors('RateLimitError', { status: 429, code: 'rate_limit_exceeded' }),
};
const anthropicErrors = errorsOf('@anthropic-ai/sdk');
const geminiErrors = errorsOf('@google/genai');

/** Its errors have one class, and the whole answer. */
function replicateError(status: number): Thrown {
  return { type: () => load('replicate/lib/error'), fields: { name: 'ApiError', response: { status } } };
}

/** The clients of providers that serve models. */
export const clientsOfModels: readonly ClientCase[] = [
  {
    provider: 'openai-batch',
    connect: (account) => ofJobs(openai(account).batches),
    end: 'cancelled',
    unknownJob: openaiErrors('NotFoundError', { status: 404, type: 'invalid_request_error' }),
    ...openaiThrows,
  },
  {
    provider: 'openai-fine-tuning',
    connect: (account) => ofJobs(openai(account).fineTuning.jobs),
    end: 'cancelled',
    unknownJob: openaiErrors('NotFoundError', { status: 404, code: 'fine_tune_not_found' }),
    ...openaiThrows,
  },
  {
    provider: 'anthropic',
    connect: anthropic,
    end: 'ended',
    unknownJob: anthropicErrors('NotFoundError', { status: 404, type: 'not_found_error' }),
    wrongKey: anthropicErrors('AuthenticationError', {
      ...{ status: 401, type: 'authentication_error' },
      requestID: 'req_011CSHoEeqs5C35K2UUqR7Fy',
    }),
    tooManyRequests: anthropicErrors('RateLimitError', { status: 429, type: 'rate_limit_error' }),
  },
  {
    provider: 'gemini',
    connect: gemini,
    end: 'JOB_STATE_CANCELLED',
    unknownJob: geminiErrors('ApiError', { status: 404 }),
    wrongKey: geminiErrors('ApiError', { status: 400 }),
    tooManyRequests: geminiErrors('ApiError', { status: 429 }),
  },
  {
    provider: 'replicate',
    connect: replicate,
    end: 'canceled',
    unknownJob: replicateError(404),
    wrongKey: replicateError(401),
    tooManyRequests: replicateError(429),
  },
];
