import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, type ExpectStatic, it } from 'vitest';
import * as z from 'zod';
import { sentTo } from '../support/guard-harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { type McpClient, overHttp, overStdio } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';
import { cases } from '../support/thorough.ts';
import { semaphore } from '../support/time/semaphore.ts';

/** Who there is. Whatever is not said here is not allowed. Beyond `above` cancels in ten minutes somebody must confirm. */
const roles: Readonly<Record<string, Role>> = {
  ada: person(['list', 'cancel', 'confirm', 'audit'], ['*'], {}),
  bob: person(['list', 'cancel'], ['sutro'], { max_jobs: 6, confirm_above: 3 }),
  ci: program(['list', 'cancel'], ['sutro'], { max_jobs: 6, cancels_per_minute: 4 }),
  stopper: program(['cancel'], ['sutro'], {}),
  night: agent(['list', 'cancel'], ['sutro'], { max_jobs: 6, confirm_above: 3 }),
  trusted: agent(['list', 'cancel'], ['sutro'], { confirm_above: 3, self_confirm: true }),
  meddler: agent(['list', 'cancel', 'confirm', 'audit'], ['*'], { confirm_above: 3 }),
  viewer: person(['list'], ['*'], {}),
  judge: person(['confirm'], ['sutro'], {}),
  stranger: person(['confirm'], ['ionq'], {}),
  auditor: program(['audit'], ['*'], {}),
};

/*
 * Who may what, where. The words:
 *   ok      it is done                     no      refused: no right to it, and nothing is asked of any provider
 *   ask     somebody else must confirm     token   one may confirm it oneself, in a second call
 *   many    more jobs than one call may    part    as many as a minute allows, and the rest refused
 *   both, sutro: whose jobs are listed
 * Columns: list all · list IonQ · get at Sutro · cancel 1, 3, 5, 7, 11 at Sutro, 1 at IonQ · cancel by a selector at
 * Sutro · confirm what another asked for at Sutro · read the audit.
 */
const overApi = `
           list   ionq  get   one  three  five   seven  eleven  foreign  selector  confirm  audit
  ada      both   ok    ok    ok   ok     ok     ok     ok      ok       token     ok       ok
  bob      sutro  no    ok    ok   ok     token  many   many    no       token     no       no
  ci       sutro  no    ok    ok   ok     part   many   many    no       token     no       no
  stopper  no     no    no    ok   ok     ok     ok     ok      no       no        no       no
  night    sutro  no    ok    ok   ok     ask    many   many    no       ask       no       no
  trusted  sutro  no    ok    ok   ok     token  token  token   no       token     no       no
  meddler  both   ok    ok    ok   ok     ask    ask    ask     ok       ask       no       ok
  viewer   both   ok    ok    no   no     no     no     no      no       no        no       no
  judge    no     no    no    no   no     no     no     no      no       no        ok       no
  stranger no     no    no    no   no     no     no     no      no       no        no       no
  auditor  no     no    no    no   no     no     no     no      no       no        no       ok
`;
/** A token in the hands of an assistant: an agent, whoever it belongs to, who is asked about more than ten at the latest. */
const overMcp = `
           list   ionq  get   one  three  five   seven  eleven  foreign  selector
  ada      both   ok    ok    ok   ok     ok     ok     ask     ok       ask
  bob      sutro  no    ok    ok   ok     ask    many   many    no       ask
  ci       sutro  no    ok    ok   ok     part   many   many    no       ask
  stopper  no     no    no    ok   ok     ok     ok     ask     no       no
  night    sutro  no    ok    ok   ok     ask    many   many    no       ask
  trusted  sutro  no    ok    ok   ok     token  token  token   no       token
  meddler  both   ok    ok    ok   ok     ask    ask    ask     ok       ask
  viewer   both   ok    ok    no   no     no     no     no      no       no
  judge    no     no    no    no   no     no     no     no      no       no
  stranger no     no    no    no   no     no     no     no      no       no
  auditor  no     no    no    no   no     no     no     no      no       no
`;
/** One process for each row, and so one count for all of it, from the left to the right. */
const overPipes = `
           list   ionq  get   foreign  selector  one  five   seven  eleven
  ada      both   ok    ok    ok       token     ok   ok     ok     ok
  bob      sutro  no    ok    no       token     ok   token  many   many
  night    sutro  no    ok    no       ask       ok   ask    many   many
  viewer   both   ok    ok    no       no        no   no     no     no
`;
/** A process for each cell. */
const onCommandLine = `
           list   one  five   foreign  confirm  audit
  bob      sutro  ok   token  no       no       no
  night    sutro  ok   ask    no       no       no
  meddler  both   ok   ask    ok       no       ok
  judge    no     no   no     no       ok       no
`;

interface Cell {
  readonly role: string;
  readonly act: string;
  readonly expected: string;
}

function cellsOf(table: string): Cell[] {
  const [heading = '', ...rows] = table.trim().split('\n');
  const acts = heading.trim().split(/\s+/);
  return rows.flatMap((row) => {
    const [role = '', ...words] = row.trim().split(/\s+/);
    return acts.map((act, index) => ({ role, act, expected: words[index] ?? 'missing' }));
  });
}

function person(actions: readonly string[], connections: readonly string[], more: object): Role {
  return { kind: 'person', may: { actions, connections, ...more } };
}
function program(...terms: Parameters<typeof person>): Role {
  return { ...person(...terms), kind: 'program' };
}
function agent(...terms: Parameters<typeof person>): Role {
  return { ...person(...terms), kind: 'agent' };
}
function roleOf(name: string): Role {
  const known = roles[name];
  if (known === undefined) throw new Error(`there is no role ${name}`);
  return known;
}

let twin: TestServer;
/** Every cell has a caller of its own, so that no count of one disturbs another. */
const callersOf = (surface: string, table: string) =>
  cellsOf(table).map(({ role, act }) => [`${role}-${surface}-${act}`, roleOf(role)] as const);
beforeAll(async () => {
  twin = await openTestServer({
    ...Object.fromEntries([...callersOf('api', overApi), ...callersOf('mcp', overMcp)]),
    asker: agent(['list', 'cancel'], ['sutro'], { confirm_above: 0 }),
  });
});
afterAll(() => twin.close());

const counts = { one: 1, three: 3, five: 5, seven: 7, eleven: 11, foreign: 1, selector: 2 } as const;
function countOf(act: string): number {
  return Object.entries(counts).find(([name]) => name === act)?.[1] ?? 0;
}

/** Jobs that an act is about, under a name that no others have. */
interface Staged {
  readonly provider: 'sutro' | 'ionq';
  readonly ids: readonly string[];
  readonly jobs: readonly { readonly provider: string; readonly job_id: string }[];
  readonly label: string;
}

/** Does what an act is, through one surface, and says in a word what came of it. */
type Actor = (act: string, staged: Staged) => Promise<string>;

/** Holds one cell to the table: the word, what was sent, and what was asked at all. */
async function hold({ act, expected }: Cell, actor: Actor, check: ExpectStatic): Promise<void> {
  const { ionq } = twin.sandbox.providers;
  const provider = act === 'foreign' || act === 'ionq' ? 'ionq' : 'sutro';
  const { journal, addJobs } = twin.sandbox.providers[provider];
  const label = `for ${randomUUID()}`;
  if (act === 'list') ionq.addJob({ state: 'running', name: label });
  const ids = addJobs(countOf(act) || 1, { state: 'running', name: label, settlesInMs: 0 });
  const jobs = ids.map((job_id) => ({ provider, job_id }));
  check(await actor(act, { provider, ids, jobs, label })).toBe(expected);
  const about = journal.filter(({ jobIds }) => jobIds.some((id) => ids.includes(id)));
  const sent = sentTo({ journal: about })
    .map(({ jobId }) => jobId)
    .filter((id) => ids.includes(id));
  const toBeSent = expected === 'ok' ? countOf(act) : expected === 'part' ? 4 : 0;
  check(sent).toHaveLength(toBeSent);
  if (expected === 'no' || expected === 'many') check(about).toEqual([]);
}

const answerSchema = z.object({
  outcomes: z.array(z.object({ outcome: z.string(), code: z.string().optional() })),
  confirmation: z.object({ confirmation_token: z.string().optional() }).optional(),
});

/** What an answer about cancels amounts to. */
function wordOf(answer: unknown): string {
  const { outcomes, confirmation } = answerSchema.parse(answer);
  const kinds = new Set(outcomes.map(({ outcome, code }) => code ?? outcome));
  const [kind = 'nothing'] = kinds;
  if (kinds.size > 1) return 'part';
  if (kind === 'cancelled') return 'ok';
  if (kind === 'confirmation_required') return confirmation?.confirmation_token ? 'token' : 'ask';
  if (kind === 'denied_by_policy') return JSON.stringify(answer).includes('at most') ? 'many' : 'no';
  return kind;
}

function whose(answer: unknown): string {
  const { jobs } = z.object({ jobs: z.array(z.object({ provider: z.string() })) }).parse(answer);
  const names = new Set(jobs.map(({ provider }) => provider));
  return names.size === 2 ? 'both' : ([...names][0] ?? 'nothing');
}

/** Has an agent ask for a confirmation, and gives its id. */
async function another(): Promise<string> {
  const job_id = twin.sandbox.providers.sutro.addJob({ state: 'running' });
  const answer = await twin.ask('asker', 'POST', '/v1/jobs/cancel', {
    jobs: [{ provider: 'sutro', job_id }],
  });
  const offer = z.object({ confirmation: z.object({ id: z.string() }) });
  return offer.parse(await answer.json()).confirmation.id;
}

/** Through the HTTP API. */
function overHttpAs(caller: string): Actor {
  const ask = async (method: string, path: string, read: (body: unknown) => string, body?: object) => {
    const response = await twin.ask(caller, method, path, body);
    return response.status === 403 ? 'no' : read(await response.json());
  };
  const ok = () => 'ok';
  return async (act, { provider, ids: [id], jobs, label }) => {
    const one = `/v1/providers/${provider}/jobs/${id}`;
    if (act === 'list') return ask('GET', `/v1/jobs?name=${encodeURIComponent(label)}`, whose);
    if (act === 'ionq') return ask('GET', '/v1/jobs?provider=ionq', ok);
    if (act === 'get') return ask('GET', one, ok);
    if (act === 'confirm') return ask('POST', `/v1/confirmations/${await another()}`, ok);
    if (act === 'audit') return ask('GET', '/v1/audit', ok);
    if (act === 'selector')
      return ask('POST', '/v1/jobs/cancel', wordOf, { selector: { provider, name: label } });
    if (jobs.length > 1) return ask('POST', '/v1/jobs/cancel', wordOf, { jobs });
    return ask('POST', `${one}/cancel`, (outcome) => wordOf({ outcomes: [outcome] }));
  };
}

/** Through the tools. */
function byTools(mcp: McpClient): Actor {
  const call = async (tool: string, given: object, read: (structured: unknown) => string) => {
    const { structured, text } = await mcp.call(tool, given);
    if (text.includes('does not allow you to') && Object.keys(structured).length === 0) return 'no';
    return read(structured);
  };
  const isSeen = (structured: unknown) => (whose(structured) === 'nothing' ? 'no' : 'ok');
  return async (act, { provider, ids, jobs, label }) => {
    const [job_id] = ids;
    if (act === 'list') return call('list_jobs', { name: label }, whose);
    if (act === 'ionq') return call('list_jobs', { provider }, () => 'ok');
    if (act === 'get') return call('list_jobs', { provider, ids }, isSeen);
    if (act === 'selector') return call('cancel_jobs', { selector: { provider, name: label } }, wordOf);
    if (jobs.length > 1) return call('cancel_jobs', { jobs }, wordOf);
    return call('cancel_job', { provider, job_id }, (outcome) => wordOf({ outcomes: [outcome] }));
  };
}

/** By a command of its own, with the exit code that goes with the word. One after the other: see `runInProcess`. */
function byCommand(role: string): Actor {
  const calloff = async (args: readonly string[], read: (stdout: string) => string, folder?: string) => {
    const more = folder === undefined ? {} : { CALLOFF_DATA_DIR: folder };
    const env = bareEnvironment({ ...twin.environmentFor(roleOf(role)), ...more });
    const { code, stdout, stderr } = await runInProcess(args, { env });
    if (stderr.includes('does not allow you to')) return code === 1 ? 'no' : `no, with exit code ${code}`;
    if (code === 2) return stderr;
    const word = read(stdout);
    const done = word === 'ok' || word === 'both' || word === 'sutro';
    return code === (done ? 0 : 1) ? word : `${word}, with exit code ${code}`;
  };
  const ok = () => 'ok';
  return async (act, { provider, ids, label }) => {
    if (act === 'list') return calloff(['list', '--name', label], (text) => whose(JSON.parse(text)));
    if (act === 'audit') return calloff(['audit'], ok);
    if (act === 'confirm') return calloff(['confirm', await another(), '--yes'], ok, twin.dataFolder);
    return calloff(['cancel', provider, ...ids], (text) => wordOf(JSON.parse(text)));
  };
}

const title = '$role: $act → $expected';

/** Those whose rows over HTTP differ from each other's by more than a number. */
const unlikeOverApi = ['ada', 'bob', 'ci', 'night', 'judge', 'viewer'];

describe.concurrent('who may what over HTTP', () => {
  it.for(cases(cellsOf(overApi), ({ role }) => unlikeOverApi.includes(role)))(
    title,
    (cell, { expect: check }) => hold(cell, overHttpAs(`${cell.role}-api-${cell.act}`), check),
  );
});

/** Those whose rows over MCP differ from each other's by more than a number, or from their rows over HTTP. */
const unlike = ['ci', 'night', 'trusted'];

describe.concurrent('who may what over MCP', () => {
  it.for(cases(cellsOf(overMcp), ({ role }) => unlike.includes(role)))(
    title,
    async (cell, { expect: check }) => {
      const mcp = await overHttp({ url: twin.url, token: twin.tokenOf(`${cell.role}-mcp-${cell.act}`) });
      await hold(cell, byTools(mcp), check);
      await mcp.close();
    },
  );
});

const inTurn = semaphore(3);

describe.concurrent('who may what over standard input and output', () => {
  const wanted = cases(cellsOf(overPipes), ({ role }) => role === 'night');
  const rows = [...Map.groupBy(wanted, ({ role }) => role)];
  it.for(rows)('%s', ([role, cells], { expect: check }) =>
    inTurn(async () => {
      const mcp = await overStdio({ env: twin.environmentFor(roleOf(role)) });
      for (const cell of cells) await hold(cell, byTools(mcp), check);
      await mcp.close();
    }),
  );
});

describe('who may what on the command line', () => {
  // One cell for each word.
  const wanted = [
    'bob list',
    'bob one',
    'bob five',
    'night five',
    'bob foreign',
    'judge confirm',
    'meddler audit',
  ];
  const cells = cases(cellsOf(onCommandLine), ({ role, act }) => wanted.includes(`${role} ${act}`));
  it.for(cells)(title, (cell, { expect: check }) => hold(cell, byCommand(cell.role), check));
});
