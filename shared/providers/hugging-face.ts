import * as z from 'zod';
import type { JobSnapshot, ListReading, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField, labelsField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { opaqueJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import { missingJobMessage, optional, readAll, readStateWord, time } from '../adapter/parsing.ts';
import type { AdapterFactory, JobPlace } from '../adapter/provider.ts';
import type { AdapterOption } from '../adapter/provider-facts.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/**
 * `JobStage` of https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/_jobs_api.py. The types of
 * `@huggingface/hub` list the stages of Spaces instead. No stage says that a cancel is under way.
 */
const stateOf = new Map<string, State>([
  ['SCHEDULING', 'queued'],
  ['RUNNING', 'running'],
  ['COMPLETED', 'completed'],
  ['CANCELED', 'cancelled'],
  ['ERROR', 'failed'],
  ['DELETED', 'failed'],
]);

const initiators = ['user', 'org', 'scheduled-job', 'duplicated-job'] as const;

const ownerSchema = z.object({ type: z.string(), name: attributeField });
const jobSchema = z.object({
  id: opaqueJobId,
  status: z.object({ stage: z.string() }),
  createdAt: optional(time),
  startedAt: optional(time),
  finishedAt: optional(time),
  flavor: attributeField,
  labels: labelsField,
  owner: optional(ownerSchema),
  initiator: optional(ownerSchema),
  durations: optional(z.object({ runningSecs: optional(z.number()) })),
});
type Job = z.infer<typeof jobSchema>;

const missingSchema = z.object({ error: missingJobMessage });

/** In the namespace of a user all jobs are theirs, in that of an organization those that they started themselves. */
function ownerOf({ owner, initiator }: Job): string | undefined {
  const user = [owner, initiator].find((each) => each?.type === 'user');
  return user?.name ?? undefined;
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    ...{ jobId: data.id, ...readStateWord(stateOf, data.status.stage) },
    ...{ owner: ownerOf(data), target: data.flavor, ...data.labels },
    ...{ createdAt: data.createdAt, startedAt: data.startedAt },
    details: {
      finished_at: data.finishedAt,
      running_seconds: data.durations?.runningSecs,
      initiator: initiators.find((each) => each === data.initiator?.type),
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

/** `RateLimit: "api";r=0;t=55` beside a 429: in 55 seconds a new window begins. https://huggingface.co/docs/hub/rate-limits */
function readLimit({ status, headers }: ProviderResponse): TurnedAway | null {
  const waits = [...(headers?.ratelimit ?? '').matchAll(/;\s*t=(\d{1,6})\b/g)].map(([, t]) => Number(t));
  if (status !== 429 || waits.length === 0) return null;
  return { kind: 'limited', retryAfterMs: Math.max(...waits) * 1_000 };
}

/** `rel` may name several relations: https://www.rfc-editor.org/rfc/rfc8288#section-3.3 */
const nextLink = /<([^<>]*)>\s*;[^<]*\brel=(?:next\b|"(?:[^"<]*\s)?next[\s"])/i;

/**
 * The cursor in the address of the next page, which itself is never followed: `null` at the end, `undefined` if there is a next
 * page and no cursor.
 */
function readCursor({ headers }: ProviderResponse): string | null | undefined {
  const [, address] = nextLink.exec(headers?.link ?? '') ?? [];
  if (address === undefined) return null;
  const query = new URLSearchParams(address.split('?')[1]?.split('#')[0]);
  return query.get('cursor') || undefined;
}

function readList(response: ProviderResponse): ListReading {
  const { data } = z.array(z.unknown()).safeParse(response.body);
  const next = readCursor(response);
  if (response.status !== 200 || data === undefined || next === undefined)
    return readFailure(response, readLimit);
  return { kind: 'page', ...readAll(data, readJob), next };
}

const namespace: AdapterOption = {
  name: 'namespace',
  variable: 'HF_NAMESPACE',
  meaning: 'the user or organization whose jobs are meant',
  values: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/,
  fault: 'must be the name of a user or an organization, such as ada-lovelace',
};

const facts = {
  id: 'hugging-face',
  displayName: 'Hugging Face',
  documentation: [
    'https://huggingface.co/docs/hub/jobs-manage',
    'https://huggingface.co/docs/hub/jobs-pricing',
    'https://huggingface.co/docs/hub/rate-limits',
    'https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/_jobs_api.py',
    'https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/utils/_pagination.py',
    'https://github.com/huggingface/huggingface_hub/pull/4395',
    'https://www.npmjs.com/package/@huggingface/hub/v/2.17.5',
  ],
  defaultBaseUrl: 'https://huggingface.co',
  onlyIfNamed: true,
  options: [namespace],
  details: commonDetails.pick({ finished_at: true }).extend({
    running_seconds: z.number().optional().describe('how long it has run'),
    initiator: z.enum(initiators).optional().describe('what started it: a schedule starts the next one, too'),
  }),
  billing: {
    always: false,
    note: 'Hugging Face bills by the minute while a job starts or runs: what it used before the cancel is billed.',
  },
  key: { title: 'Hugging Face access token', variable: 'HF_TOKEN' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  idHint: 'The id is the last part of the address of the job, without the namespace.',
  jobId: opaqueJobId,
  absentJobId: '000000000000000000000000',
  // A command may hold a whole script.
  mostBytes: 4_000_000,
  // How many requests fit into the five minutes of a window depends on the plan: https://huggingface.co/docs/hub/rate-limits
  limits: [{ operations: ['cancel', 'status', 'list'], resetIsBinding: true }],
  turnedAway: readLimit,
} as const satisfies Omit<ProviderAdapter, 'cancel' | 'status' | 'list'>;

const { readCancel, readStatus } = jobReader({ readJob, isMissing, turnedAway: readLimit });

/** Jobs of one namespace on Hugging Face. The token needs the right to write jobs there, and no other. */
export const huggingFace: AdapterFactory<'namespace'> = {
  place: ['namespace'],
  adapterAt: adapterOf,
};

function adapterOf(place: JobPlace<'namespace'>): ProviderAdapter {
  return {
    ...facts,
    cancel: {
      page: { title: 'Manage Jobs', url: 'https://huggingface.co/docs/hub/jobs-manage' },
      request: (jobId) => ({ method: 'POST', path: path`/api/jobs/${place.namespace}/${jobId}/cancel` }),
      read: readCancel,
    },
    status: {
      request: (jobId) => ({ method: 'GET', path: path`/api/jobs/${place.namespace}/${jobId}` }),
      read: readStatus,
    },
    list: {
      pageSize: 100,
      hidesNames: true,
      statuses: {
        ...{ queued: ['SCHEDULING'], running: ['RUNNING'], cancelling: [] },
        ...{ cancelled: ['CANCELED'], completed: ['COMPLETED'], failed: ['ERROR', 'DELETED'] },
      },
      request: ({ status }, cursor) => ({
        method: 'GET',
        path: path`/api/jobs/${place.namespace}`,
        query: [
          ...(status === undefined ? [] : [['stage', status] as const]),
          ...(cursor === null ? [] : [['cursor', cursor] as const]),
        ],
      }),
      read: readList,
    },
  };
}
