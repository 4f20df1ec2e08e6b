import type { Job } from '../jobs/job.ts';
import type { JobPage } from '../jobs/job-book.ts';
import type { Answer, OutgoingRequest, ProviderModel, RequestContext } from './provider-model.ts';

/** What all routes of the pretend OpenAI have in common: the account, the errors, and the pages of lists. */

/** The account that the key belongs to. */
export const openaiAccount: Readonly<Record<'organization' | 'project', string>> = {
  organization: 'org-Calloff1Sandbox',
  project: 'proj_Calloff1Sandbox',
};

interface ErrorParts {
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** https://github.com/openai/openai-openapi, `ErrorResponse`: all four keys are always there. */
export function openaiError(status: number, message: string, parts: ErrorParts = {}): Answer {
  const {
    type = status >= 500 ? 'server_error' : 'invalid_request_error',
    param = null,
    code = null,
  } = parts;
  return { status, body: { error: { message, type, param, code } } };
}

/** Whether the request has the key, and names no other account. */
function accepts({ header }: OutgoingRequest, apiKey: string): boolean {
  const { organization, project } = openaiAccount;
  return (
    header('authorization') === `Bearer ${apiKey}` &&
    [organization, undefined].includes(header('openai-organization')) &&
    [project, undefined].includes(header('openai-project'))
  );
}

/** What is the same in the model of each kind of job. */
export const openaiModel = {
  basePaths: ['/v1'],
  contentType: 'application/json',
  answerHeaders: { 'x-request-id': 'req_5f3a1c9e7b2d4860a1e4c7f09b3d6258' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  options: openaiAccount,
  accepts,
  limits: () => ({}),
  error: (status: number, message: string) =>
    openaiError(status, message, status === 429 ? { type: 'requests', code: 'rate_limit_exceeded' } : {}),
  badKey: () => openaiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' }),
  unknownPath: (method: string, path: string) => openaiError(404, `Invalid URL (${method} ${path})`),
  wrongMethod: (method: string, path: string, allowed: readonly string[]) => ({
    ...openaiError(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' }),
    headers: { allow: allowed.join(', ') },
  }),
} as const satisfies Partial<ProviderModel<object>>;

/** A moment that may not have come yet, in whole seconds since the epoch: `null` until then. */
export function optionalSeconds(at: number, now: number): number | null {
  return at <= now ? Math.floor(at / 1000) : null;
}

const listParameters: ReadonlySet<string> = new Set(['limit', 'after']);

/** The page that a list asks for, newest first, or how it is refused. */
export function openaiPage({
  query,
  jobs,
}: RequestContext<object>): { readonly page: JobPage } | { readonly refused: Answer } {
  const unknown = [...query.keys()].find((name) => !listParameters.has(name));
  if (unknown !== undefined)
    return {
      refused: openaiError(400, `Unknown parameter: '${unknown}'.`, {
        param: unknown,
        code: 'unknown_parameter',
      }),
    };
  const limit = Number(query.get('limit') ?? 20);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100))
    return {
      refused: openaiError(400, "Invalid 'limit': expected an integer from 1 to 100.", { param: 'limit' }),
    };
  const after = query.get('after');
  if (after !== null && jobs.find(after) === undefined)
    return {
      refused: openaiError(400, `Invalid 'after': no object has the id '${after}'.`, { param: 'after' }),
    };
  return { page: jobs.page({ limit, after }) };
}

/** The labels of a job as metadata, or `null`. */
export function metadataOf({ labels }: Job): Readonly<Record<string, string>> | null {
  return labels ?? null;
}
