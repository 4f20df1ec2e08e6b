import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import { exportFaultWords } from '../../shared/messages/store-copies/export-words.ts';
import { lockFile } from '../../shared/store/sqlite/file-lock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { mayAll } from '../support/configuration.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { pressCtrlC, runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { clientEnvironment, runWith } from '../support/surfaces/beside-a-server.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';
import { runs } from '../support/thorough.ts';

const begunAt = Date.parse('2026-01-01T00:00:00Z');
let environment: Record<string, string>;
let file: string;
beforeEach(() => {
  environment = bareEnvironment();
  const place = freshFolder();
  mkdirSync(place, { recursive: true });
  file = join(place, 'audit.jsonl');
});

/** Puts refused requests of a minute each into the audit of a store. */
async function record(folder: string, from: number, to: number, laterMs = 0): Promise<void> {
  const store = await openSqliteStore({ folder, clock: systemClock, hasThread: false });
  const request = { caller: 'ada', kind: 'person', surface: 'http', action: 'cancel' };
  const body = JSON.stringify({ is: 'request', request, decision: 'refused' });
  const records = Array.from({ length: to - from }, (_, index) => ({
    ...{ at: begunAt + laterMs + (from + index) * 60_000, requestId: `r-${from + index}`, part: 'a', body },
  }));
  await store.append(records);
  await store.close();
}

const folderOf = ({ CALLOFF_DATA_DIR = '' }: Readonly<Record<string, string>>) => CALLOFF_DATA_DIR;
const exportTo = (path = file) => runInProcess(['audit', '--export', path], { env: environment });
/** The requests of a file that were not made by an export itself. */
const requestsIn = (path = file): string[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).request_id)
    .filter((id: string) => id.startsWith('r-'));
const named = (count: number) => Array.from({ length: count }, (_, index) => `r-${index}`);

describe('calloff audit --export', () => {
  it('writes the whole audit, the oldest first, for its owner alone, and later only what is new', async () => {
    await record(folderOf(environment), 0, 2_500);
    const first = await exportTo();
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout)).toMatchObject({
      added: 2_500,
      entries: 2_500,
      unreadable: 0,
      complete: true,
    });
    expect(requestsIn()).toEqual(named(2_500));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // What the export itself read is in the audit, too: three pages.
    const before = readFileSync(file, 'utf8');
    await record(folderOf(environment), 2_500, 2_600);
    expect(JSON.parse((await exportTo()).stdout)).toMatchObject({ added: 103, entries: 2_603 });
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
    expect(requestsIn()).toEqual(named(2_600));
  });

  it('goes on after a line that was broken off, and after a whole one without its end', async () => {
    await record(folderOf(environment), 0, 50);
    await exportTo();
    truncateSync(file, statSync(file).size - 20);
    await exportTo();
    truncateSync(file, statSync(file).size - 1);
    await exportTo();
    appendFileSync(file, '\0\0\0\0');
    const { code } = await exportTo();
    expect(code).toBe(0);
    expect(requestsIn()).toEqual(named(50));
  });

  it('adds an outcome that came after the export', async () => {
    const store = await openSqliteStore({
      folder: folderOf(environment),
      clock: systemClock,
      hasThread: false,
    });
    const request = { caller: 'ada', kind: 'person', surface: 'http', action: 'cancel' };
    const at = systemClock.wallTime();
    const deadline = at + 60_000;
    const intent = { is: 'intent', request, deadline, connection: 'sutro', job_ids: ['job-1'] };
    await store.append([{ at, requestId: 'r-0', part: 'p-1', body: JSON.stringify(intent) }]);
    await exportTo();
    const evidence = {
      source: 'status',
      provider_status: 'CANCELLED',
      observed_at: new Date(at).toISOString(),
    };
    const job = { connection: 'sutro', job_id: 'job-1', outcome: 'cancelled', state: 'cancelled', evidence };
    const outcomes = { is: 'outcomes', request, jobs: [job] };
    await store.append([{ at, requestId: 'r-0', part: 'p-2', body: JSON.stringify(outcomes) }]);
    await store.close();
    await exportTo();
    const found = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ request_id }) => request_id === 'r-0');
    expect(found.map(({ outcome }) => outcome)).toEqual([undefined, 'cancelled']);
  });

  it('goes on where it ended although an entry is dated in the future, by a clock that was wrong', async () => {
    const day = 86_400_000;
    await record(folderOf(environment), 0, 20, systemClock.wallTime() - begunAt + day);
    await exportTo();
    await record(folderOf(environment), 20, 25, systemClock.wallTime() - begunAt - day);
    await exportTo();
    expect(requestsIn()).toEqual(named(25));
  });

  it('changes nothing of a file that is no export, and cannot be combined with filters', async () => {
    writeFileSync(file, 'mine\n');
    const { code, stderr } = await exportTo();
    expect(code).toBe(1);
    expect(stderr).toMatch(/Line 1 of .* is not an entry of the audit[\s\S]*Next step: Name a new file/);
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    expect(await exportTo(join(file, 'below'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOTDIR'),
    });
    const filtered = await runInProcess(['audit', '--export', file, '--job', 'x'], { env: environment });
    expect([filtered.code, filtered.stderr]).toEqual([
      2,
      expect.stringContaining('cannot be used with option'),
    ]);
  });

  it('does nothing while another process exports to the file, under any of its names, and leaves no lock', async () => {
    await record(folderOf(environment), 0, 300);
    writeFileSync(file, '');
    const other = join(file, '..', 'other.jsonl');
    symlinkSync(file, other);
    const lock = lockFile(other);
    const refused = await exportTo();
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      /Another process is exporting the audit to [\s\S]*Next step: Wait until it/,
    );
    expect(readFileSync(file, 'utf8')).toBe('');
    lock?.release();
    expect((await exportTo()).code).toBe(0);
    expect(requestsIn()).toEqual(named(300));
    expect(readdirSync(join(file, '..')).toSorted()).toEqual(['audit.jsonl', 'other.jsonl']);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, '4711\n')],
    ['a folder', (path: string) => mkdirSync(path)],
  ])(
    'says so and leaves it alone where %s of another program has the name of its lock',
    async (_what, put) => {
      put(`${file}.lock`);
      const { code, stdout, stderr } = await exportTo();
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        /audit\.jsonl\.lock\s+is\s+not\s+a\s+file\s+of\s+calloff[\s\S]*Next step: Give it another name/,
      );
      expect(existsSync(`${file}.lock`)).toBe(true);
    },
  );

  it.each(['ENOSPC', 'SQLITE_FULL'])('says of a full disk (%s) what to do about it', (code) => {
    expect(exportFaultWords(file, { code })).toMatchObject({
      ...{ why: [`The disk of ${file} is full.`], nextStep: expect.stringContaining('Free some space') },
    });
  });

  it('goes on after kill -9, with each entry once', async () => {
    const count = runs(40_000, 4_000);
    await record(folderOf(environment), 0, count);
    for (let kills = 0; kills < runs(8, 1); kills += 1) {
      const before = existsSync(file) ? statSync(file).size : 0;
      const child = start('cli/main.ts', ['audit', '--export', file], environment);
      const ended = finish(child);
      let isOver = false;
      ended.then(() => {
        isOver = true;
      });
      while (!isOver && (!existsSync(file) || statSync(file).size <= before)) await wait(1);
      child.kill('SIGKILL');
      await ended;
    }
    expect((await exportTo()).code).toBe(0);
    expect(requestsIn()).toEqual(named(count));
  });
});

describe('calloff audit against a server', () => {
  /** More than a page of the server. */
  const many = runs(2_100, 1_100);
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({
      ada: { kind: 'person', may: mayAll },
    });
    await record(server.dataFolder, 0, many);
  });
  afterAll(() => server.close());

  it('with --export writes what the caller may read, and adds to it', async () => {
    const env = clientEnvironment(server.url, server.tokenOf('ada'));
    const told = await runWith(env, { args: ['audit', '--export', file] });
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(requestsIn()).toEqual(named(many));
    await record(server.dataFolder, many, many + 10);
    expect((await runWith(env, { args: ['audit', '--export', file] })).code).toBe(0);
    expect(requestsIn()).toEqual(named(many + 10));
  });

  it('with --export that is interrupted says so once, and how far it is, and leaves no new file without an entry', async () => {
    const env = clientEnvironment(server.url, server.tokenOf('ada'));
    await runWith(env, { args: ['audit', '--export', file] });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').length;
    const way = await startOrigin((_request, response) => {
      pressCtrlC();
      response.destroy();
    });
    const late = clientEnvironment(way.url, server.tokenOf('ada'));
    const told = await runWith(late, { args: ['audit', '--export', file] });
    expect([told.code, told.stderr]).toEqual([1, 'Error: Interrupted.\n']);
    expect(JSON.parse(told.stdout)).toMatchObject({ added: 0, entries: lines, complete: false });
    const fresh = join(file, '..', 'fresh.jsonl');
    expect(await runWith(late, { args: ['audit', '--export', fresh] })).toEqual({
      ...{ code: 1, stdout: '', stderr: 'Error: Interrupted.\n' },
    });
    await way.close();
    const refused = await runWith(clientEnvironment(server.url, 'a'.repeat(40)), {
      args: ['audit', '--export', fresh],
    });
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/does not accept the token: .* revoked\.\nNext step: Set CALLOFF_TOKEN/);
    expect(readdirSync(join(file, '..'))).toEqual(['audit.jsonl']);
  });

  it('that is interrupted between two pages shows the first one, and says that there may be more', async () => {
    let pages = 0;
    const way = await startOrigin(async ({ url = '', headers }, response) => {
      pages += 1;
      if (pages === 2) pressCtrlC();
      const { authorization = '' } = headers;
      const answer = await fetch(server.url + url, { headers: { authorization } });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    const told = await runWith(clientEnvironment(way.url, server.tokenOf('ada')), {
      args: ['audit', '--limit', '2000', '--since', '2026-01-01T00:00:00Z'],
    });
    await way.close();
    expect([told.code, told.stderr]).toEqual([1, 'Error: Interrupted. There may be more entries.\n']);
    expect(told.stdout.trimEnd().split('\n')).toHaveLength(1_000);
  });
});
