import {
  assumed,
  documented,
  keyRejected,
  limited,
  noJobs,
  strangeRefusal,
  strangeSuccess,
  unavailable,
} from 'calloff/adapter';

const jobId = 'job-1';
const otherJobId = 'job-2';
const jobsPage = documented('https://docs.nimbus.example/jobs');
const stopPage = documented('https://docs.nimbus.example/jobs/stop');

const cancel = { operation: 'cancel', request: { method: 'POST', path: `/jobs/${jobId}/stop` } };
const look = { operation: 'status', request: { method: 'GET', path: `/jobs/${jobId}` } };
const list = { operation: 'list', request: { method: 'GET', path: '/jobs', query: 'limit=50' } };

const words = {
  WAITING: 'queued',
  ACTIVE: 'running',
  STOPPING: 'cancelling',
  STOPPED: 'cancelled',
  DONE: 'completed',
  ERROR: 'failed',
};

/** A job as the page shows it. */
function job(status, id = jobId) {
  return { id, status, title: 'Sweep 7', user: 'ada', created: '2026-01-15T10:30:00Z', ended: null };
}

/** How the adapter must read it. */
function snapshot(state, providerStatus, id = jobId) {
  return {
    ...{ jobId: id, state, providerStatus, name: 'Sweep 7', owner: 'ada' },
    createdAt: '2026-01-15T10:30:00.000Z',
    details: {},
  };
}

function seen(state, providerStatus) {
  return { kind: 'seen', job: snapshot(state, providerStatus) };
}

const none = { notApplicable: 'Nimbus takes one id at a time' };

/** @type {import('calloff/adapter').ProviderFixtures} */
export const fixtures = {
  jobId,
  otherJobId,
  words,
  listKeys: ['jobs'],
  lookBody: (word) => job(word),
  scenarios: {
    accepted: [
      {
        ...cancel,
        response: { status: 202, body: job('STOPPING') },
        reading: { kind: 'accepted', providerStatus: 'STOPPING', details: {} },
        source: stopPage,
      },
    ],
    already_over: [
      {
        ...cancel,
        response: { status: 409, body: { code: 'JOB_HAS_ENDED', message: 'The job has ended' } },
        reading: { kind: 'rejected' },
        source: stopPage,
      },
    ],
    already_cancelled: [
      {
        ...look,
        response: { status: 200, body: job('STOPPED') },
        reading: seen('cancelled', 'STOPPED'),
        source: jobsPage,
      },
    ],
    no_such_job: [
      {
        ...look,
        response: { status: 404, body: { message: `Job ${jobId} not found` } },
        reading: { kind: 'not_found' },
        source: jobsPage,
      },
      {
        ...cancel,
        response: { status: 404, body: { message: `Job ${jobId} not found` } },
        reading: { kind: 'rejected' },
        source: stopPage,
      },
    ],
    bad_key: [
      {
        ...look,
        response: { status: 401, body: { message: 'Unknown key' } },
        reading: keyRejected,
        source: jobsPage,
      },
    ],
    forbidden: [
      {
        ...cancel,
        response: { status: 403, body: { message: 'This job belongs to another team' } },
        reading: keyRejected,
        source: stopPage,
      },
    ],
    rate_limited: [
      {
        ...list,
        response: { status: 429, body: { message: 'Slow down' } },
        reading: limited,
        source: jobsPage,
      },
    ],
    provider_down: [
      {
        ...cancel,
        response: { status: 503, body: undefined },
        reading: unavailable,
        source: assumed('no page shows the answer of a server that is down'),
      },
    ],
    reply_truncated: [
      {
        ...cancel,
        response: { status: 202, body: undefined },
        reading: strangeSuccess,
        source: assumed('half a body is no JSON'),
      },
    ],
    contradictory_body: [
      {
        ...look,
        response: { status: 200, body: job('STOPPED', otherJobId) },
        reading: strangeSuccess,
        source: assumed('a success for another job than the one asked for'),
      },
    ],
    unseen_status: [
      {
        ...look,
        response: { status: 200, body: job('PAUSED') },
        reading: seen('unknown', null),
        source: assumed('a word that a later version may add'),
      },
    ],
    foreign_404: [
      {
        ...look,
        response: { status: 404, body: { message: 'Not Found' } },
        reading: strangeRefusal,
        source: assumed('what frameworks say of a route that they do not know'),
      },
    ],
    html_page: [
      {
        ...cancel,
        response: { status: 200, body: undefined },
        reading: strangeSuccess,
        source: assumed('the page of a captive portal, which is no JSON'),
      },
    ],
    other_method: { notApplicable: 'the page shows one method' },
    cancelling_under_way: [
      {
        ...look,
        response: { status: 200, body: job('STOPPING') },
        reading: seen('cancelling', 'STOPPING'),
        source: stopPage,
      },
    ],
    state_words: Object.entries(words).map(([word, state]) => ({
      ...look,
      response: { status: 200, body: job(word) },
      reading: seen(state, word),
      source: jobsPage,
    })),
    list_page: [
      {
        ...list,
        response: {
          status: 200,
          body: { jobs: [job('ACTIVE'), job('DONE', otherJobId), {}], next_page_token: 'p2' },
        },
        reading: {
          ...{ kind: 'page', unread: 1, next: 'p2' },
          jobs: [snapshot('running', 'ACTIVE'), snapshot('completed', 'DONE', otherJobId)],
        },
        source: jobsPage,
      },
    ],
    last_list_page: [
      {
        ...list,
        request: { ...list.request, query: 'limit=50&page_token=p2' },
        cursor: 'p2',
        response: { status: 200, body: { jobs: [], next_page_token: null } },
        reading: noJobs,
        source: jobsPage,
      },
    ],
    bulk_cancel: none,
    bulk_cancel_without_an_id: none,
    bulk_cancel_refused: none,
    bulk_status: none,
    bulk_status_without_an_id: none,
    bulk_status_refused: none,
  },
};
