import * as z from 'zod';
import type {
  CancelManyReading,
  JobList,
  JobSnapshot,
  ProviderAdapter,
  StatusReading,
} from '../../shared/adapter/adapter.ts';
import { failure } from '../../shared/adapter/failures.ts';
import { emptyPage } from '../../shared/adapter/parsing.ts';
import { type MintedAuth, secret } from '../../shared/http/auth/auth.ts';
import type { ProviderResponse } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import type { LawName } from '../../shared/laws/laws.ts';
import { gemini } from '../../shared/providers/gemini.ts';
import { ionq } from '../../shared/providers/ionq.ts';
import { ionworks } from '../../shared/providers/ionworks.ts';
import { promptloop } from '../../shared/providers/promptloop.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { fixtures } from '../fixtures/index.ts';

/** An adapter broken on purpose, in one way. */
interface Sabotage {
  readonly how: string;
  readonly adapter: ProviderAdapter;
}

type ReadCancel = ProviderAdapter['cancel']['read'];
type ReadLook = ProviderAdapter['status']['read'];

function cancelRead(adapter: ProviderAdapter, read: ReadCancel): ProviderAdapter {
  return { ...adapter, cancel: { ...adapter.cancel, read } };
}

function lookRead(adapter: ProviderAdapter, read: ReadLook): ProviderAdapter {
  return { ...adapter, status: { ...adapter.status, read } };
}

/** Changes the list, if there is one. */
function listing(
  { list, ...adapter }: ProviderAdapter,
  change: (list: JobList) => Partial<JobList>,
): ProviderAdapter {
  return list === undefined ? adapter : { ...adapter, list: { ...list, ...change(list) } };
}

function withoutList({ list: _list, ...adapter }: ProviderAdapter): ProviderAdapter {
  return adapter;
}

/** Changes the job of every look that sees one. */
function sees(
  adapter: ProviderAdapter,
  change: (job: JobSnapshot, response: ProviderResponse) => JobSnapshot,
): ProviderAdapter {
  return lookRead(adapter, (response, jobId): StatusReading => {
    const reading = adapter.status.read(response, jobId);
    return reading.kind === 'seen' ? { kind: 'seen', job: change(reading.job, response) } : reading;
  });
}

/** Reads a text of Sutro's answer that no closed list holds. */
function textOf({ body }: ProviderResponse, field: string): string {
  const { data } = z.object({ job: z.record(z.string(), z.unknown()) }).safeParse(body);
  return String(data?.job[field]);
}

/** Takes the labels of IonQ's answer as they stand there. */
function withRawLabels(job: JobSnapshot, { body }: ProviderResponse): JobSnapshot {
  const { data } = z.object({ metadata: z.record(z.string(), z.string()) }).safeParse(body);
  return { ...job, labels: data?.metadata ?? {} };
}

function mintedAt(url: string): MintedAuth {
  const names = {
    header: 'authorization',
    prefix: 'Bearer ',
    token: 'access_token',
    lifetimeSeconds: 'expires_in',
  };
  return { kind: 'minted', url, form: { apikey: secret }, ...names };
}

const limited = { kind: 'limited', retryAfterMs: null } as const;

const { otherMethod: _, ...withoutOtherMethod } = sutro.cancel;

function counting(): ProviderAdapter {
  let looks = 0;
  return sees(sutro, (job) => ({ ...job, details: { job_cost: looks++ } }));
}

function withBulkLook(): ProviderAdapter {
  const { statusMany } = ionq;
  return statusMany === undefined ? sutro : { ...sutro, statusMany };
}

/** Believes its own cancel, and never looks again. */
function gullible(): ProviderAdapter {
  let accepted = false;
  const { cancel } = cancelRead(ionq, (response, jobId) => {
    const reading = ionq.cancel.read(response, jobId);
    accepted ||= reading.kind === 'accepted';
    return reading;
  });
  return { ...sees(ionq, (job) => (accepted ? { ...job, state: 'cancelled' } : job)), cancel };
}

/** Reads a bulk cancel in another way, if there is one. */
function bulkRead(
  { cancelMany, ...adapter }: ProviderAdapter,
  read: (reading: CancelManyReading, jobIds: readonly string[]) => CancelManyReading,
): ProviderAdapter {
  if (cancelMany === undefined) return adapter;
  const own = { ...cancelMany };
  return {
    ...adapter,
    cancelMany: { ...own, read: (response, jobIds) => read(own.read(response, jobIds), jobIds) },
  };
}

/** Takes a job that is not there for one that its cancel has ended. */
function hasty(): ProviderAdapter {
  let accepted = false;
  const { cancel } = cancelRead(sutro, (response, jobId) => {
    const reading = sutro.cancel.read(response, jobId);
    accepted ||= reading.kind === 'accepted';
    return reading;
  });
  const { status } = lookRead(sutro, (response, jobId) => {
    const reading = sutro.status.read(response, jobId);
    if (reading.kind !== 'not_found' || !accepted) return reading;
    return { kind: 'seen', job: { jobId, state: 'cancelled', providerStatus: null } };
  });
  return { ...sutro, cancel, status };
}

/** For every law, adapters that break it. A law without one does not compile. */
export const sabotages: { readonly [name in LawName]: readonly [Sabotage, ...Sabotage[]] } = {
  'reads every fixture as stated': [
    { how: 'finds no job, ever', adapter: lookRead(ionworks, () => ({ kind: 'not_found' })) },
    { how: 'forgets the details', adapter: sees(promptloop, (job) => ({ ...job, details: undefined })) },
  ],
  'builds every request as stated': [
    {
      how: 'asks for the version before',
      adapter: {
        ...promptloop,
        status: {
          ...promptloop.status,
          request: (jobId) => ({ method: 'GET', path: path`/v0/batches/${jobId}` }),
        },
      },
    },
    {
      how: 'sends a body where none is wanted',
      adapter: {
        ...sutro,
        cancel: {
          ...sutro.cancel,
          request: (jobId, options) => ({ ...sutro.cancel.request(jobId, options), body: {} }),
        },
      },
    },
  ],
  'has fixtures for all that it does, and a reason for all that it does not': [
    { how: 'has a bulk look that no fixture shows', adapter: withBulkLook() },
    { how: 'has no list, although its fixtures show one', adapter: withoutList(sutro) },
  ],
  'reads the same answer twice in the same way, and changes nothing in it': [
    { how: 'counts', adapter: counting() },
  ],
  'says that final states reopen if a page of the provider does, and only then': [
    { how: 'thinks that cancelled jobs come back', adapter: { ...ionq, reopens: true } },
  ],
  'has a reading for any status and any JSON, and never throws': [
    {
      how: 'parses where it should try to',
      adapter: lookRead(ionq, (response, jobId) => {
        if (response.status === 200) z.object({ id: z.string() }).parse(response.body);
        return ionq.status.read(response, jobId);
      }),
    },
  ],
  'never reads an error status or one it does not know as a success': [
    {
      how: 'believes the body alone',
      adapter: cancelRead(promptloop, ({ body }, jobId) =>
        promptloop.cancel.read({ status: 200, body }, jobId),
      ),
    },
    {
      how: 'takes a time-out of the provider for a no',
      adapter: cancelRead(ionworks, (response, jobId) =>
        response.status === 504 ? { kind: 'rejected' } : ionworks.cancel.read(response, jobId),
      ),
    },
  ],
  'never reads an HTML page or an empty body as an answer': [
    {
      how: 'takes no answer at all for an empty list',
      adapter: listing(gemini, ({ read }) => ({
        read: (response, cursor) => (response.body === undefined ? emptyPage : read(response, cursor)),
      })),
    },
    {
      how: 'believes the status alone',
      adapter: cancelRead(sutro, (response, jobId) =>
        response.status === 200
          ? { kind: 'accepted', providerStatus: null }
          : sutro.cancel.read(response, jobId),
      ),
    },
  ],
  'reads a success that is not shaped as documented as a failure that may have acted': [
    {
      how: 'thinks that nothing was done',
      adapter: cancelRead(ionq, (response, jobId) => {
        const reading = ionq.cancel.read(response, jobId);
        return reading.kind === 'failure' ? { ...reading, mayHaveActed: false } : reading;
      }),
    },
    {
      how: 'takes a missing field for a no',
      adapter: cancelRead(sutro, (response, jobId) => {
        const reading = sutro.cancel.read(response, jobId);
        return response.status === 200 && reading.kind === 'failure' ? { kind: 'rejected' } : reading;
      }),
    },
  ],
  'takes no error and no unreadable list for a list without jobs': [
    {
      how: 'takes whatever ends for an empty page',
      adapter: listing(ionq, (list) => ({
        read: (response, cursor) =>
          z.object({ next: z.null() }).safeParse(response.body).success
            ? { kind: 'page', jobs: [], unread: 0, next: null }
            : list.read(response, cursor),
      })),
    },
  ],
  'reads a status word it has never seen as unknown': [
    {
      how: 'guesses from a part of the word',
      adapter: sees(sutro, (job, response) =>
        /cancel/i.test(textOf(response, 'status')) ? { ...job, state: 'cancelled' } : job,
      ),
    },
    {
      how: 'takes what it does not know for running',
      adapter: sees(ionq, (job) => (job.state === 'unknown' ? { ...job, state: 'running' } : job)),
    },
  ],
  'never takes a 404 of anyone else for "no such job"': [
    {
      how: 'believes any 404',
      adapter: lookRead(ionq, (response, jobId) =>
        response.status === 404 ? { kind: 'not_found' } : ionq.status.read(response, jobId),
      ),
    },
    {
      how: 'takes no 404 for its own',
      adapter: lookRead(gemini, (response, jobId) =>
        response.status === 404 ? failure('unexpected_response', false) : gemini.status.read(response, jobId),
      ),
    },
  ],
  'takes no 403 of anyone else for a word about the key': [
    {
      how: 'believes any 403',
      adapter: lookRead(sutro, (response, jobId) =>
        response.status === 403
          ? { kind: 'failure', code: 'credentials_rejected', mayHaveActed: false }
          : sutro.status.read(response, jobId),
      ),
    },
  ],
  'reads a response that rejects the key or limits the pace as nothing else': [
    {
      how: 'says that each 404 limits the pace, and reads it as before',
      adapter: { ...ionq, turnedAway: ({ status }) => (status === 404 ? limited : null) },
    },
    {
      how: 'takes a success for a rejection',
      adapter: { ...sutro, turnedAway: ({ status }) => (status === 200 ? { kind: 'rejected' } : null) },
    },
    { how: 'shows no response that it turns away', adapter: { ...sutro, turnedAway: () => null } },
  ],
  'knows of any response whether it rejects the key or limits the pace': [
    {
      how: 'parses where it should try to',
      adapter: {
        ...ionq,
        turnedAway: ({ body }) =>
          z.object({ code: z.string() }).parse(body).code === 'slow' ? limited : null,
      },
    },
    {
      how: 'waits for less than nothing',
      adapter: {
        ...ionq,
        turnedAway: ({ status, headers }, now) =>
          status === 429
            ? { kind: 'limited', retryAfterMs: Number(headers?.['x-ratelimit-reset'] ?? 0) * 1_000 - now }
            : null,
      },
    },
    {
      how: 'limits until a time, and not after it',
      adapter: {
        ...ionq,
        turnedAway: ({ status }, now) => (status === 429 && now % 2e8 < 1e8 ? limited : null),
      },
    },
  ],
  'never takes an answer about another job for this one': [
    {
      how: 'reads the first job it is shown',
      adapter: lookRead(sutro, (response, jobId) => {
        const reading = sutro.status.read(response, fixtures.sutro.otherJobId);
        return reading.kind === 'seen' ? reading : sutro.status.read(response, jobId);
      }),
    },
    {
      how: 'takes a bulk reply for all that was asked',
      adapter: {
        ...ionq,
        cancelMany: {
          page: ionq.cancel.page,
          maxIds: 100,
          request: (jobIds) => ({ method: 'PUT', path: path`/jobs/status/cancel`, body: { ids: jobIds } }),
          read: ({ status }, jobIds) =>
            status === 200 ? { kind: 'accepted', jobIds, providerStatus: null } : { kind: 'refused' },
        },
      },
    },
  ],
  'says of each job of a bulk cancel one thing at most, and nothing of a job that was not asked for': [
    {
      how: 'takes a job that it accepts for a refused one, too',
      adapter: bulkRead(ionq, (reading, [jobId = '']) =>
        reading.kind === 'accepted' && reading.jobIds.length > 0
          ? { ...reading, others: [{ jobId, reading: { kind: 'rejected' } }] }
          : reading,
      ),
    },
    {
      how: 'tells of a job that nobody asked for',
      adapter: bulkRead(ionq, (reading) =>
        reading.kind === 'accepted' ? { ...reading, jobIds: [...reading.jobIds, 'another'] } : reading,
      ),
    },
  ],
  'lets no text of a provider into a reading, but for what a job is called, whose it is and what it runs on':
    [
      {
        how: 'passes the status on as it comes',
        adapter: sees(sutro, (job, response) => ({ ...job, providerStatus: textOf(response, 'status') })),
      },
    ],
  'caps the name of a job and takes out what is not seen': [
    {
      how: 'passes the name on as it comes',
      adapter: sees(sutro, (job, response) => ({ ...job, name: textOf(response, 'name') })),
    },
  ],
  'caps the owner, the target and the labels of a job and takes out what is not seen': [
    {
      how: 'passes the owner on as it comes',
      adapter: sees(sutro, (job, response) => ({ ...job, owner: textOf(response, 'model') })),
    },
    {
      how: 'passes the target on as it comes',
      adapter: sees(sutro, (job, response) => ({ ...job, target: textOf(response, 'model') })),
    },
    {
      how: 'passes a label on as it comes',
      adapter: sees(sutro, (job, response) => ({ ...job, labels: { model: textOf(response, 'model') } })),
    },
    { how: 'passes the keys of labels on as they come', adapter: sees(ionq, withRawLabels) },
  ],
  'keeps to the closed list of details': [
    {
      how: 'adds one of its own',
      adapter: sees(sutro, (job) => {
        const details = { ...job.details, description: 'Processing customer inquiries' };
        return { ...job, details };
      }),
    },
    { how: "tells another provider's", adapter: { ...ionq, details: sutro.details } },
  ],
  'follows no address found in an answer': [
    {
      how: 'passes a time on as it comes',
      adapter: sees(sutro, (job, response) => ({
        ...job,
        createdAt: textOf(response, 'datetime_created'),
      })),
    },
    {
      how: 'takes the cursor for a path',
      adapter: listing(sutro, () => ({
        request: (_query, cursor) => ({ method: 'GET', path: path`/${cursor ?? 'list-jobs'}` }),
      })),
    },
  ],
  'refuses every id that could be more than one segment of a path': [
    { how: 'takes any text', adapter: { ...ionq, jobId: z.string() } },
    { how: 'searches where it should match', adapter: { ...sutro, jobId: z.string().regex(/[\w.-]+/) } },
  ],
  'takes every form of an id for the same job, in requests and answers': [
    {
      how: 'keeps the capitals of an id',
      adapter: { ...ionq, jobId: z.string().regex(/^[\dA-Fa-f-]{36}$/) },
    },
    {
      how: 'shows the id as the answer writes it',
      adapter: sees(ionq, (job, { body }) => ({
        ...job,
        jobId: z.object({ id: z.string() }).safeParse(body).data?.id ?? job.jobId,
      })),
    },
  ],
  'has an id that no job has, in its own form': [
    {
      how: 'has numbers for ids, and does not say so',
      adapter: { ...sutro, jobId: z.string().regex(/^\d+$/) },
    },
    { how: 'asks for an id that it would refuse', adapter: { ...ionq, absentJobId: '0' } },
  ],
  'gives an id one canonical form, which stays as it is': [
    {
      how: 'puts a word before the id',
      adapter: { ...sutro, jobId: sutro.jobId.transform((id) => `job-${id}`) },
    },
  ],
  'asks for another method only if it has one': [
    { how: 'has none', adapter: { ...sutro, cancel: withoutOtherMethod } },
    {
      how: 'gives the same again',
      adapter: { ...sutro, cancel: { ...sutro.cancel, otherMethod: () => ({}) } },
    },
  ],
  'keeps every id inside one segment or value, at its own origin': [
    {
      how: 'puts the id into the path as it is',
      adapter: {
        ...sutro,
        jobId: z.string().regex(/^[a-z][\w.?/-]*$/),
        status: {
          ...sutro.status,
          request: (jobId) => ({ method: 'GET', path: { segments: ['jobs', jobId] } }),
        },
      },
    },
    {
      how: 'writes more than the id into the body',
      adapter: {
        ...ionworks,
        cancel: {
          ...ionworks.cancel,
          request: (jobId, options) => ({
            ...ionworks.cancel.request(jobId, options),
            body: { jobs: `${jobId},` },
          }),
        },
      },
    },
    {
      how: 'puts the id into the query',
      adapter: {
        ...sutro,
        status: {
          ...sutro.status,
          request: (jobId) => ({ method: 'GET', path: path`/jobs`, query: [['filter', `id=${jobId}`]] }),
        },
      },
    },
  ],
  'asks its list by each status that it states': [
    {
      how: 'asks for all jobs instead',
      adapter: listing(ionq, (list) => ({ request: (_, cursor) => list.request({}, cursor) })),
    },
    { how: 'takes its words for groups', adapter: listing(ionq, () => ({ hasGroups: true })) },
    {
      how: 'has groups and does not say which',
      adapter: listing(sutro, () => ({ hasGroups: true })),
    },
  ],
  'hands the cursor of a list on as one value': [
    {
      how: 'encodes it twice',
      adapter: listing(ionq, (list) => ({
        request: (query, cursor) =>
          list.request(query, cursor === null ? null : encodeURIComponent(cursor.toWellFormed())),
      })),
    },
    {
      how: 'puts it into a part of the body',
      adapter: listing(sutro, (list) => ({
        request: (query, cursor) => ({ ...list.request(query, null), body: { page: { after: cursor } } }),
      })),
    },
    {
      how: 'starts anew',
      adapter: listing(sutro, (list) => ({ request: (query) => list.request(query, null) })),
    },
  ],
  'lets the key leave in one header and nowhere else': [
    {
      how: 'hides the key in a usual header',
      adapter: { ...ionworks, auth: { header: 'user-agent', prefix: '' } },
    },
    {
      how: 'hides its token in a usual header',
      adapter: { ...ionworks, auth: { ...mintedAt('https://iam.example.com/token'), header: 'user-agent' } },
    },
    {
      how: 'asks for a header that is not sent',
      adapter: listing(sutro, (list) => ({
        request: (query, cursor) => ({
          ...list.request(query, cursor),
          headers: Object.fromEntries([['host', 'evil.example']]),
        }),
      })),
    },
    {
      how: 'wants the key in the query',
      adapter: listing(sutro, () => ({
        request: () => ({ method: 'GET', path: path`/list-jobs`, query: [['api_key', 'x']] }),
      })),
    },
  ],
  'states https pages, positive limits and a base without extras': [
    {
      how: 'cites a page that anyone may change',
      adapter: { ...ionq, documentation: ['http://docs.ionq.com'] },
    },
    {
      how: 'allows nothing',
      adapter: {
        ...promptloop,
        limits: [{ operations: ['status'], limit: { count: 0, windowMs: 60_000 } }],
      },
    },
    { how: 'lets no request go', adapter: { ...ionq, limits: [{ operations: ['list'], atOnce: 0 }] } },
    { how: 'reads without end', adapter: { ...ionq, mostBytes: 40_000_000 } },
    {
      how: 'has tokens made without encryption',
      adapter: { ...sutro, auth: mintedAt('http://iam.example.com/token') },
    },
    {
      how: 'signs for a region that is none',
      adapter: { ...sutro, auth: { kind: 'sigv4', service: 'batch', region: 'evil.example/' } },
    },
    {
      how: 'counts one request twice',
      adapter: { ...promptloop, limits: [...promptloop.limits, { operations: ['cancel', 'status'] }] },
    },
    { how: 'has no encryption', adapter: { ...sutro, defaultBaseUrl: 'http://api.sutro.sh' } },
  ],
  'takes an accepted cancel for nothing more, until a look shows the end': [
    { how: 'believes its own cancel', adapter: gullible() },
  ],
  'takes the absence of a job after an accepted cancel for no end': [
    { how: 'takes it for the end that it asked for', adapter: hasty() },
  ],
};
