import { createServer } from 'node:http';

/** A pretend Nimbus on this machine, with three jobs: one waits, one runs, one has ended. */
const jobs = new Map(
  [
    ['job-1', 'ACTIVE'],
    ['job-2', 'WAITING'],
    ['job-3', 'DONE'],
  ].map(([id, status]) => [
    id,
    { id, status, title: `Sweep ${id}`, user: 'ada', created: '2026-01-15T10:30:00Z', ended: null },
  ]),
);

function answer({ method, url, headers }) {
  const { pathname } = new URL(url, 'http://nimbus');
  if (headers.authorization !== 'Bearer nimbus-key') return [401, { message: 'Unknown key' }];
  if (method === 'GET' && pathname === '/v1/jobs')
    return [200, { jobs: [...jobs.values()], next_page_token: null }];
  const [, id, stop] = /^\/v1\/jobs\/([^/]+)(\/stop)?$/.exec(pathname) ?? [];
  if (id === undefined) return [404, { message: 'Not Found' }];
  const job = jobs.get(id);
  if (job === undefined) return [404, { message: `Job ${id} not found` }];
  if (method === 'GET' && stop === undefined) return [200, job];
  if (method !== 'POST' || stop === undefined) return [405, { message: 'Method Not Allowed' }];
  if (!['ACTIVE', 'WAITING'].includes(job.status)) return [409, { code: 'JOB_HAS_ENDED' }];
  jobs.set(id, { ...job, status: 'STOPPED', ended: '2026-01-15T11:00:00Z' });
  return [202, { ...job, status: 'STOPPING' }];
}

export const server = createServer((request, response) => {
  const [status, body] = answer(request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
if (process.argv[1]?.endsWith('server.mjs')) {
  server.listen(8790, '127.0.0.1', () => console.log('Nimbus listens on http://127.0.0.1:8790/v1'));
}
