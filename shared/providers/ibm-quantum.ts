import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField, tagsField } from '../adapter/attributes.ts';
import { reasonCode } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { wordJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import { jobTimes, listEntries, noError, offsetOf, optional, readAll, time } from '../adapter/parsing.ts';
import type { AdapterFactory } from '../adapter/provider.ts';
import type { AdapterOption } from '../adapter/provider-facts.ts';
import type { State } from '../contract/outcome.ts';
import { type MintedAuth, secret } from '../http/auth/auth.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The words of `state.status`, and one that only the older field `status` has: https://quantum.cloud.ibm.com/docs/en/api/qiskit-runtime-rest/tags/jobs */
const stateOf = new Map<string, State>([
  ['Queued', 'queued'],
  ['Running', 'running'],
  ['Completed', 'completed'],
  ['Failed', 'failed'],
  ['Cancelled', 'cancelled'],
  ['Cancelled - Ran too long', 'failed'],
]);
/** Clients of IBM have the words in capitals. */
const wordOf = new Map([...stateOf.keys()].map((word) => [word.toLowerCase(), word]));
/** https://github.com/Qiskit/qiskit-ibm-runtime/blob/main/qiskit_ibm_runtime/runtime_job_v2.py: the job ran too long. */
const ranTooLong = '1305';
const saysTooLong = /\bran too long\b/i;

const text = z.string();
const code = z.union([z.string(), z.int().transform(String)]);
const jobSchema = z.object({
  id: wordJobId,
  status: optional(z.string()),
  /** A code of another type may be the one for a job that ran too long. */
  state: z.object({ status: z.string(), reason: optional(text), reason_code: code.nullish().catch('?') }),
  backend: attributeField,
  user_id: attributeField,
  tags: tagsField,
  created: optional(time),
  ended: optional(time),
  usage: optional(z.object({ seconds: optional(z.number()) })),
});
type Job = z.infer<typeof jobSchema>;

const pageSchema = z.object({
  ...noError,
  errors: z.null().optional(),
  jobs: listEntries,
  count: optional(z.int()),
  offset: optional(z.int()),
  limit: optional(z.int().positive()),
});

/** https://github.com/qiskit-community/qrmi/blob/main/dependencies/quantum_compute_client/src/models/list_jobs_400_response_errors_inner.rs */
function errorsWith(error: z.ZodType) {
  return z.object({ errors: z.tuple([error], z.unknown()) });
}
const anyError = errorsWith(z.object({ code, message: z.string() }));
/** https://github.com/qBraid/qBraid/blob/main/tests/runtime/ibm/test_qiskit_runtime.py has the answers of the live API. */
const missingError = errorsWith(
  z.object({ code: code.pipe(z.literal('1291')), message: z.string().regex(/^job not found/i) }),
);

/** `Cancelled` alone is also the word for a job that ran too long, which only a code or the older field tells. */
function readState({ state, status }: Job): { readonly state: State; readonly word: string | null } {
  const [word, older] = [state.status, status ?? state.status].map((each) => wordOf.get(each.toLowerCase()));
  if (word === undefined || older === undefined) return { state: 'unknown', word: null };
  const [meant = 'unknown', meantToo] = [stateOf.get(word), stateOf.get(older)];
  const { reason = '', reason_code } = state;
  const isTooLong = reason_code === ranTooLong || saysTooLong.test(reason) || meantToo === 'failed';
  if (meant === 'cancelled' && isTooLong) return { state: 'failed', word: older };
  const isClear = meant === meantToo && !(meant === 'cancelled' && reason_code === '?');
  return { state: isClear ? meant : 'unknown', word };
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  const { state, word } = readState(data);
  return {
    jobId: data.id,
    state,
    providerStatus: word,
    owner: data.user_id,
    target: data.backend,
    ...data.tags,
    createdAt: data.created,
    details: {
      usage_seconds: data.usage?.seconds,
      reason_code: data.state.reason_code === ranTooLong ? ranTooLong : undefined,
      finished_at: data.ended,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingError.safeParse(body).success;
}

/** The job is over, or cannot be cancelled. */
function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 409 && anyError.safeParse(body).success;
}

/** Its errors stand in a list. A 403 without them comes from a proxy before the API, and says nothing of the key. */
function turnedAway({ status, body }: ProviderResponse): TurnedAway | null {
  return status === 403 && anyError.safeParse(body).success ? { kind: 'rejected' } : null;
}

const api = 'quantum.cloud.ibm.com/api/v1';
/** https://github.com/Qiskit/qiskit-ibm-runtime/blob/main/qiskit_ibm_runtime/utils/utils.py: us-east has no prefix. */
const elsewhere = /:(?!us-east:)(?<region>[a-z0-9-]+):a\//;
const jobsPage = 'https://quantum.cloud.ibm.com/docs/en/api/qiskit-runtime-rest/tags/jobs';
const iam = 'https://iam.cloud.ibm.com/identity/token';

const options: readonly AdapterOption[] = [
  {
    name: 'instance',
    variable: 'QISKIT_IBM_INSTANCE',
    meaning:
      'the CRN of the instance. Its region decides the default base URL, such as `https://eu-de.quantum.cloud.ibm.com/api/v1`',
    values:
      /^crn:v1:[a-z0-9-]{1,40}:(public|dedicated|local):quantum-computing:[a-z]{2}-[a-z]{2,12}\d{0,2}:a\/[A-Za-z0-9]{1,64}:[A-Za-z0-9-]{1,64}::$/,
    fault:
      'must be the CRN of an instance in a region such as us-east: crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef:617a1f8b-59d4-435d-aa33-695433d7155e::',
  },
  {
    name: 'token_url',
    variable: 'IBM_QUANTUM_TOKEN_URL',
    meaning:
      'where tokens are made from the key, such as `https://private.iam.cloud.ibm.com/identity/token`; a path is one at the host of the base URL',
    values: /^(https:\/\/[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}(:\d{1,5})?)?(\/[A-Za-z0-9_-]{1,64}){1,6}$/,
    fault: 'must be an address with https, or a path such as /identity/token',
    default: `\`${iam}\``,
  },
];

function authAt(url: string): MintedAuth {
  return {
    kind: 'minted',
    ...{ header: 'authorization', prefix: 'Bearer ', url },
    form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: secret },
    ...{ token: 'access_token', lifetimeSeconds: 'expires_in' },
  };
}

const { readStatus } = jobReader({ readJob, isMissing, turnedAway });

const pageSize = 200;

/**
 * What follows a page. Pages are counted by offset, so that entries move while jobs are added: the next page begins with the
 * last entry of this one. `count` may be that of all jobs of the user, so a page that is not full is the last if it says so, and
 * otherwise if there is none behind it.
 */
function readPlace({ jobs, count = 0, limit = pageSize }: z.infer<typeof pageSchema>, offset: number) {
  const end = offset + jobs.length;
  const isLast = jobs.length === 0 || count <= end;
  if (jobs.length < limit || jobs.length < 2) return { next: isLast ? null : String(end) };
  const anchor = readJob(jobs.at(-1))?.jobId;
  return anchor === undefined ? { next: String(end) } : { next: String(end - 1), anchor };
}

function adapterFor(instance: string, tokenUrl: string): ProviderAdapter {
  // https://github.com/Qiskit/qiskit-ibm-runtime/blob/main/qiskit_ibm_runtime/api/rest/base.py has the version of the client.
  const headers = { 'service-crn': instance, 'ibm-api-version': '2026-04-15' };
  // A job holds its circuits, which may be megabytes.
  const withoutCircuits = ['exclude_params', 'true'] as const;
  return {
    id: 'ibm-quantum',
    displayName: 'IBM Quantum',
    documentation: [
      jobsPage,
      'https://github.com/qiskit-community/qrmi/blob/main/dependencies/quantum_compute_client/src/apis/jobs_api.rs',
      'https://github.com/Qiskit/qiskit-ibm-runtime/blob/main/qiskit_ibm_runtime/runtime_job_v2.py',
      'https://github.com/Qiskit/qiskit-ibm-runtime/blob/main/qiskit_ibm_runtime/api/auth.py',
      'https://github.com/Qiskit/qiskit-ibm-runtime/issues/1019',
    ],
    defaultBaseUrl: `https://${api}`,
    placedBaseUrls: [{ option: 'instance', values: elsewhere, baseUrl: `https://{region}.${api}` }],
    details: z.object({
      usage_seconds: z
        .number()
        .optional()
        .describe('time used so far, with the classical work before and after, in seconds'),
      ...reasonCode([ranTooLong]),
      ...jobTimes,
    }),
    billing: {
      always: false,
      note: 'Time that the job used on the quantum computer before the cancel stays used.',
    },
    key: { title: 'IBM Cloud API key', variable: 'QISKIT_IBM_TOKEN' },
    auth: authAt(tokenUrl),
    options,
    onlyIfNamed: true,
    idHint: `IBM Quantum keeps the jobs of each region apart: this instance is in ${instance.split(':')[5]}.`,
    jobId: wordJobId,
    limits: [],
    turnedAway,
    cancel: {
      page: { title: 'Cancel a job', url: jobsPage },
      request: (jobId) => ({ method: 'POST', path: path`/jobs/${jobId}/cancel`, headers }),
      read(response) {
        if (response.status === 204 && response.body === undefined)
          return { kind: 'accepted', providerStatus: null };
        if (isMissing(response) || isRefused(response)) return { kind: 'rejected' };
        return readFailure(response, turnedAway);
      },
    },
    status: {
      request: (jobId) => ({ method: 'GET', path: path`/jobs/${jobId}`, query: [withoutCircuits], headers }),
      read: readStatus,
    },
    list: {
      pageSize,
      hidesNames: true,
      // The filter `pending` is for both of the first, or for all of the others.
      hasGroups: true,
      statuses: {
        ...{ queued: ['true'], running: ['true'], cancelling: [] },
        ...{ cancelled: ['false'], completed: ['false'], failed: ['false'] },
      },
      request: ({ status }, cursor) => ({
        method: 'GET',
        path: path`/jobs`,
        query: [
          ['limit', String(pageSize)],
          withoutCircuits,
          ...(status === undefined ? [] : [['pending', status] as const]),
          ...(cursor === null ? [] : [['offset', cursor] as const]),
        ],
        headers,
      }),
      read(response, cursor) {
        const { data } = pageSchema.safeParse(response.body);
        if (response.status !== 200 || data === undefined) return readFailure(response, turnedAway);
        return { kind: 'page', ...readAll(data.jobs, readJob), ...readPlace(data, offsetOf(cursor)) };
      },
    },
  };
}

/** Jobs of IBM Quantum (Qiskit Runtime). A key reaches several instances: a header names the one whose jobs these are. */
export const ibmQuantum: AdapterFactory<'instance'> = {
  place: ['instance'],
  adapterAt: ({ instance }, { token_url = iam }) => adapterFor(instance, token_url),
};
