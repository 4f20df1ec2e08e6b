import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { cases, casesAt, inSoak, runs } from '../support/thorough.ts';
import { type Probed, type Stalls, startProbed } from '../support/time/event-loop.ts';

/** How much longer than that of an idle process the loop of the server may stand still, garbage collection excluded. */
const mostMs = 50;
const token = 'a-token-for-the-tests-of-stalls';
/** For how long callers call, and pages are searched. */
const callingMs = runs(2_000, 500);
const searchingMs = 4_000;
/** How many cancels are in the audit. */
const recorded = runs(75_000, 2_000);

let sandbox: Sandbox;
let folder: string;
let server: Probed;
let url: string;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

/** The embedded server in a process of its own. */
async function serve(variables: Record<string, string>): Promise<void> {
  const more = { PORT: '0', CALLOFF_TOKEN: token, CALLOFF_DATA_DIR: folder, ...variables };
  server = startProbed(
    'functions/serve.ts',
    [],
    bareEnvironment({ ...sandboxEnvironment(sandbox), ...more }),
  );
  [, url = ''] = /listens on (\S+)/.exec(await server.outputOf(/listens on \S+/)) ?? [];
}

/** A few requests of every kind: what is compiled for them, once in the life of a process, is no stall of the callers' making. */
async function warmUp(): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await cancelMany(5);
    await cancelOne();
    // Of PromptLoop's lists there are ten a minute: one is enough to wait for.
    await ask('GET', round === 0 ? '/v1/jobs' : '/v1/jobs?provider=sutro');
    await ask('GET', '/v1/audit');
  }
  await Promise.all(Array.from({ length: 16 }, () => cancelMany(100)));
  await Promise.all(Array.from({ length: 48 }, cancelOne));
}

async function ask(method: string, path: string, body?: object | string) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

function cancelOne() {
  const id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
  return ask('POST', `/v1/providers/sutro/jobs/${id}/cancel`, { wait_seconds: 0 });
}

function cancelMany(count: number) {
  const ids = sandbox.providers.ionq.addJobs(count, { state: 'running', settlesInMs: 0 });
  return ask('POST', '/v1/jobs/cancel', {
    jobs: ids.map((job_id) => ({ provider: 'ionq', job_id })),
    wait_seconds: 0,
  });
}

function expectTurning({ worstMs, idleMs, workedMs }: Stalls): void {
  expect(worstMs - idleMs).toBeLessThan(mostMs);
  expect(workedMs).toBeLessThan(mostMs);
}

describe('with a year of audit in its store, a server', () => {
  beforeAll(async () => {
    folder = freshFolder();
    await writeYear();
    await serve({ STALL_PROBE_HASTE: '5' });
    await warmUp();
  }, 60_000);
  afterAll(() => server.stop());

  test('keeps its loop turning beside 64 callers who cancel single jobs and a hundred at a time', {
    retry: 2,
  }, async () => {
    const until = performance.now() + callingMs;
    const caller = async (_: unknown, index: number) => {
      const statuses: number[] = [];
      while (performance.now() < until)
        statuses.push((await (index % 4 === 0 ? cancelMany(100) : cancelOne())).status);
      return statuses;
    };
    const stalls = await server.during('64 callers', () => Promise.all(Array.from({ length: 64 }, caller)));
    expect(new Set(stalls.result.flat())).toEqual(new Set([200]));
    expectTurning(stalls);
  });

  inSoak(() => {
    test('does so beside a search through all of it, and cancels do not wait for it', {
      retry: 2,
    }, async () => {
      const waited: number[] = [];
      let isOver = false;
      const stalls = await server.during('a year of audit', async () => {
        const searches = Promise.all([search(), search()]).finally(() => {
          isOver = true;
        });
        while (!isOver) {
          const startedAt = performance.now();
          expect((await cancelOne()).body.outcome).toBe('cancelled');
          waited.push(performance.now() - startedAt);
          await wait(100);
        }
        return searches;
      });
      const longest = Math.max(...waited);
      process.stdout.write(
        `${stalls.result} pages; of ${waited.length} cancels meanwhile the longest took ${longest.toFixed(0)} ms\n`,
      );
      expect(longest).toBeLessThan(1_000);
      expectTurning(stalls);
    });
  });

  test('does so beside bodies of megabytes, whatever is in them', { retry: 2 }, async () => {
    const called = (body: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"cancel_jobs","arguments":${body}}}`;
    const stalls = await server.during('bodies of megabytes', async () => {
      const statuses: number[] = [];
      for (const body of bodiesOfMegabytes()) {
        const [{ status }, { status: health }] = await Promise.all([
          ask('POST', '/v1/jobs/cancel', body),
          ask('GET', '/healthz'),
        ]);
        statuses.push(status);
        expect(health).toBe(200);
        const { status: overMcp, body: told } = await ask('POST', '/mcp', called(body));
        statuses.push(told.result?.isError ? 400 : overMcp);
      }
      return statuses;
    });
    expect(new Set(stalls.result)).toEqual(new Set([400, 413]));
    expectTurning(stalls);
  });

  inSoak(() => {
    test('does so while another process keeps its file locked, and when the lock ends and its folder is moved away', {
      retry: 2,
    }, async () => {
      const other = new DatabaseSync(join(folder, 'calloff.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      const stalls = await server.during('a locked file', async () => {
        let areAnswered = false;
        const cancels = Promise.all(Array.from({ length: 20 }, cancelOne)).finally(() => {
          areAnswered = true;
        });
        const health: number[] = [];
        for (; !areAnswered; await wait(50)) {
          const startedAt = performance.now();
          await ask('GET', '/healthz');
          health.push(performance.now() - startedAt);
        }
        const answers = await cancels;
        other.exec('ROLLBACK');
        renameSync(folder, freshFolder());
        return { answers, health, after: await Promise.all(Array.from({ length: 20 }, cancelOne)) };
      });
      other.close();
      const { answers, health, after } = stalls.result;
      expect(new Set(answers.map(({ body }) => `${body.code} ${body.cause}`))).toEqual(
        new Set(['internal store_locked']),
      );
      expect(new Set(after.map(({ body }) => body.outcome))).toEqual(new Set(['cancelled']));
      expect(Math.max(...health)).toBeLessThan(1_000);
      expectTurning(stalls);
    });
  });
});

/** Looks page by page for what is not there, from the first again after the last, until the time is over; gives the count. */
async function search(): Promise<number> {
  const since = '2026-01-01T00:00:00Z';
  let pages = 0;
  let cursor = '';
  for (const until = performance.now() + searchingMs; performance.now() < until; pages += 1) {
    const { status, body } = await ask('GET', `/v1/audit?job=none&since=${since}${cursor}`);
    expect([status, body.entries]).toEqual([200, []]);
    cursor = body.next_cursor === null ? '' : `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
  return pages;
}

function bodiesOfMegabytes(): string[] {
  const filled = (entry: string, bytes: number) =>
    `{"jobs":[${Array(Math.floor(bytes / (entry.length + 1)))
      .fill(entry)
      .join(',')}]}`;
  const keys = Array.from({ length: 180_000 }, (_, index) => `"${index.toString(36)}":1`).join(',');
  // As many faults as entries can have below the limit of values.
  const faults = Array(4_900).fill('{"provider":1,"job_id":2,"a":3,"b":4,"c":5}').join(',');
  const odd = [
    `{"jobs":${'['.repeat(900_000)}${']'.repeat(900_000)}}`,
    `{"jobs":${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}}`,
    ...[`{${keys}}`, `{"jobs":[{${keys}}]}`, `{"jobs":[${faults}]}`],
    `{"reason":"${'\\"'.repeat(950_000)}"}`,
  ];
  const entries = [
    ...['{}', '1', '[[]]', '{"provider":"sutro"}', '{"provider":"sutro","job_id":"a b"}'],
    ...['{"provider":"sutro","job_id":"a"}', '{"provider":"none","job_id":"a","x":1}'],
  ].flatMap((entry) => [filled(entry, 3_800_000), filled(entry, 1_900_000)]);
  return [...cases(entries, (_, index) => index % 5 === 0), ...odd];
}

test('answers of a megabyte do not keep the loop from turning, whatever a provider says in them', {
  retry: 2,
}, async () => {
  // Twice in an answer, it stays below the megabyte that is read.
  const saying = (text: string) => text.repeat(Math.floor(450_000 / text.length));
  const said = ['job ', 'no such ', 'job not found, job ', 'a', '\n', 'batch/job ', 'does not exist '];
  const texts = casesAt(said, 1, 2, 4).map(saying);
  let text = '';
  const liar = await startOrigin((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ statusCode: 404, error: 'Not Found Error', message: text, detail: text }));
  });
  // PromptLoop is asked twenty times a minute at the most.
  const names = ['ionq', 'ionworks', 'sutro'];
  const pathAt = (name: string) => `/v1/providers/${name}/jobs/617a1f8b-59d4-435d-aa33-695433d7155e/cancel`;
  folder = freshFolder();
  await serve(Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_BASE_URL`, liar.url])));
  try {
    const stalls = await server.during('answers of a megabyte', async () => {
      const outcomes: string[] = [];
      for (text of texts) {
        const answers = await Promise.all(names.map((name) => ask('POST', pathAt(name), {})));
        outcomes.push(...answers.map(({ body }) => body.outcome));
      }
      return outcomes;
    });
    expect(stalls.result).not.toContain('cancelled');
    expectTurning(stalls);
  } finally {
    await server.stop();
    await liar.close();
  }
});

/** A log over a year, past the store: cancels of one job, and the latest 1,000 of a hundred. */
async function writeYear(): Promise<void> {
  const store = await openSqliteStore({ folder, clock: systemClock });
  await store.close();
  const database = new DatabaseSync(join(folder, 'calloff.sqlite'));
  const append = database.prepare('INSERT INTO log (at, request_id, part, body) VALUES (?, ?, ?, ?)');
  const request = { caller: 'ada', kind: 'program', surface: 'http', action: 'cancel' };
  const evidence = {
    source: 'status',
    provider_status: 'CANCELLED',
    observed_at: '2026-03-01T00:00:00.000Z',
  };
  const started = Date.parse('2026-01-01T00:00:00Z');
  database.exec('BEGIN');
  for (let index = 0; index < recorded; index += 1) {
    const at = started + Math.floor((index * 300 * 86_400_000) / recorded);
    const ids = Array.from({ length: index > recorded - 1_000 ? 100 : 1 }, () => `job-${randomUUID()}`);
    const settled = { connection: 'sutro', outcome: 'cancelled', state: 'cancelled', evidence };
    const bodies = [
      { is: 'intent', request, deadline: at + 20_000, connection: 'sutro', job_ids: ids },
      { is: 'outcomes', request, jobs: ids.map((job_id) => ({ ...settled, job_id })) },
    ];
    for (const [part, body] of bodies.entries())
      append.run(at, `r${index}`, `0000-${part}`, JSON.stringify(body));
  }
  database.exec('COMMIT');
  database.close();
}
