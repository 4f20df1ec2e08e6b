import {
  attributeField,
  commonDetails,
  jobNameField,
  jobReader,
  listEntries,
  missingJob,
  nextCursor,
  noError,
  opaqueJobId,
  optional,
  path,
  readAll,
  readFailure,
  readStateWord,
  time,
  z,
} from 'calloff/adapter';

/** The documented statuses: https://docs.nimbus.example/jobs */
const stateOf = new Map([
  ['WAITING', 'queued'],
  ['ACTIVE', 'running'],
  ['STOPPING', 'cancelling'],
  ['STOPPED', 'cancelled'],
  ['DONE', 'completed'],
  ['ERROR', 'failed'],
]);

const jobSchema = z.object({
  id: opaqueJobId,
  status: z.string(),
  title: jobNameField,
  user: attributeField,
  created: optional(time),
  ended: optional(time),
});
const listSchema = z.object({ ...noError, jobs: listEntries, next_page_token: nextCursor });
const missingSchema = z.object({ message: missingJob({ nouns: ['job'] }) });
const conflictSchema = z.object({ code: z.literal('JOB_HAS_ENDED') });

function readJob(value) {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.id,
    ...readStateWord(stateOf, data.status),
    ...data.title,
    owner: data.user,
    createdAt: data.created,
    details: { finished_at: data.ended },
  };
}

const { readStatus, readCancel } = jobReader({
  readJob,
  isMissing: ({ status, body }) => status === 404 && missingSchema.safeParse(body).success,
  isRefused: ({ status, body }) => status === 409 && conflictSchema.safeParse(body).success,
  acceptedWith: 202,
});

/** @type {import('calloff/adapter').ProviderAdapter} */
export const nimbus = {
  id: 'nimbus',
  displayName: 'Nimbus',
  documentation: ['https://docs.nimbus.example/jobs'],
  defaultBaseUrl: 'https://api.nimbus.example/v1',
  key: { title: 'Nimbus API key', variable: 'NIMBUS_API_KEY' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  jobId: opaqueJobId,
  details: commonDetails.pick({ finished_at: true }),
  billing: { always: false, note: 'Nimbus does not say whether work done before the stop is billed.' },
  limits: [],
  cancel: {
    page: { title: 'Stop a job', url: 'https://docs.nimbus.example/jobs/stop' },
    request: (jobId) => ({ method: 'POST', path: path`/jobs/${jobId}/stop` }),
    read: readCancel,
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/jobs/${jobId}` }),
    read: readStatus,
  },
  list: {
    pageSize: 50,
    request: (_query, cursor) => ({
      method: 'GET',
      path: path`/jobs`,
      query: [['limit', '50'], ...(cursor === null ? [] : [['page_token', cursor]])],
    }),
    read(response) {
      const { data } = listSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response);
      return { kind: 'page', ...readAll(data.jobs, readJob), next: data.next_page_token };
    },
  },
};
