import * as z from 'zod';
import type { ProviderRequest, ProviderResponse } from '../http/types.ts';
import type { ConnectionOptions, JobSnapshot, ListReading } from './adapter.ts';
import { readFailure } from './failures.ts';
import { listEntries, noError, optional, readAll } from './parsing.ts';
import type { AdapterOption, ProviderFacts } from './provider-facts.ts';

/** What the adapters for OpenAI's own API share: key, account, errors and lists are the same for all of its jobs. */

const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** They choose between the accounts that a key reaches: https://github.com/openai/openai-node/blob/main/src/client.ts */
const options: readonly AdapterOption[] = [
  {
    name: 'organization',
    variable: 'OPENAI_ORG_ID',
    meaning: 'the OpenAI organization whose jobs these are, such as `org-abc123`',
    values: idPattern,
    fault: 'must be the id of an OpenAI organization, such as org-abc123',
    default: 'that of the key',
  },
  {
    name: 'project',
    variable: 'OPENAI_PROJECT_ID',
    meaning: 'the OpenAI project whose jobs these are, such as `proj_abc123`',
    values: idPattern,
    fault: 'must be the id of an OpenAI project, such as proj_abc123',
    default: 'that of the key',
  },
];

/** What the configuration needs to know of OpenAI, whatever the job. */
export const openaiFacts = {
  defaultBaseUrl: 'https://api.openai.com/v1',
  key: { title: 'OpenAI API key', variable: 'OPENAI_API_KEY' },
  deployment: {
    variable: 'OPENAI_BASE_URL',
    meaning: "the base URL that the key is for, as OpenAI's own clients take it, such as that of a region",
    defaultPath: '/v1',
  },
  options,
  onlyIfNamed: true,
} as const satisfies Partial<ProviderFacts>;

/** How the key gets onto requests. */
export const openaiAuth = { header: 'authorization', prefix: 'Bearer ' } as const;

/** The headers of a request for the account that the options name. */
export function accountHeaders({
  organization,
  project,
}: ConnectionOptions): Pick<ProviderRequest, 'headers'> {
  const headers = {
    ...(organization !== undefined && { 'openai-organization': organization }),
    ...(project !== undefined && { 'openai-project': project }),
  };
  return Object.keys(headers).length === 0 ? {} : { headers };
}

/** An error of OpenAI with this in it: https://github.com/openai/openai-openapi, `ErrorResponse` */
export function errorWith(parts: { readonly message?: z.ZodType; readonly code?: z.ZodType }) {
  return z.object({ error: z.object({ message: z.string(), type: z.string(), ...parts }) });
}

/** The documented page, which its clients follow by the id of its last entry. Lists of batches have that apart, too. */
const listSchema = z.object({
  ...noError,
  data: listEntries,
  has_more: z.boolean(),
  last_id: optional(z.string()),
});
const entryId = z.object({ id: z.string().min(1) });

/** Reads a page of a list whose entries `readJob` reads. */
export function readOpenaiPage(
  response: ProviderResponse,
  readJob: (entry: unknown) => JobSnapshot | undefined,
): ListReading {
  const { data: page } = listSchema.safeParse(response.body);
  if (response.status !== 200 || page === undefined) return readFailure(response);
  const { data, has_more, last_id } = page;
  const next = has_more ? (entryId.safeParse(data.at(-1)).data?.id ?? last_id) : null;
  // It says that there is more, and not where.
  if (next === undefined) return readFailure(response);
  return { kind: 'page', ...readAll(data, readJob), next };
}

/** The query of a page of so many entries. */
export function pageQuery(pageSize: number, cursor: string | null): readonly (readonly [string, string])[] {
  return [['limit', String(pageSize)], ...(cursor === null ? [] : [['after', cursor] as const])];
}
