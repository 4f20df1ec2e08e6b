import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { bulkResultSchema, oneResultSchema } from '../../../shared/contract/answers/responses.ts';
import { parseJson } from '../../../shared/lib/json.ts';
import { answerOf, connected } from '../surfaces/raw-http.ts';
import { type Ask, ask, reasonsIn } from './ask.ts';
import { type Dice, newJobs } from './dice.ts';
import type { TorturedProviders } from './providers.ts';
import type { RunRecord, TorturedJob } from './record.ts';
import type { TorturedServer } from './server.ts';
import type { TorturedCaller, World } from './world.ts';

/** What every action of a run works with. */
export interface Torture {
  readonly dice: Dice;
  readonly record: RunRecord;
  readonly providers: TorturedProviders;
  readonly world: World;
  readonly servers: readonly TorturedServer[];
}

/** Something that a client does. */
type Action = (torture: Torture) => Promise<void>;

/** A server that listens, once there is one. */
export async function anyServer({
  dice,
  servers,
}: Pick<Torture, 'dice' | 'servers'>): Promise<TorturedServer> {
  for (;;) {
    const there = servers.filter(({ url }) => url !== undefined);
    if (there.length > 0) return dice.pick(there);
    await wait(50);
  }
}

export function anyCaller(
  { dice, world }: Pick<Torture, 'dice' | 'world'>,
  ...kinds: readonly string[]
): TorturedCaller {
  const caller = dice.pick(world.callers);
  return kinds.length === 0 || kinds.includes(caller.kind) ? caller : anyCaller({ dice, world }, ...kinds);
}

/** Who asks whom: any caller, any server. */
async function anyone(torture: Torture, what: string): Promise<Pick<Ask, 'what' | 'server' | 'caller'>> {
  return { what, server: await anyServer(torture), caller: anyCaller(torture) };
}

function howOf({ dice }: Torture): object {
  return {
    wait_seconds: dice.pick([0, 0.2, 1]),
    ...(dice.chance(0.3) ? { reason: 'a torture' } : {}),
    ...(dice.chance(0.1) ? { send_if_status_unknown: true } : {}),
    ...(dice.chance(0.05) ? { dry_run: true } : {}),
  };
}

function pathOf({ provider, job_id }: TorturedJob): string {
  return `/v1/providers/${provider}/jobs/${encodeURIComponent(job_id)}`;
}

/** Takes down what one answer says about one job. */
function hearOne({ record }: Torture, surface: string, job: TorturedJob, json: unknown): void {
  const { data } = oneResultSchema.safeParse(json);
  if (data === undefined) return;
  const { confirmation, operation, ...outcome } = data;
  record.hears(surface, [job], { outcomes: [outcome] });
}

function hearMany({ record }: Torture, surface: string, jobs: readonly TorturedJob[], json: unknown): void {
  const { data } = bulkResultSchema.safeParse(json);
  if (data !== undefined) record.hears(surface, jobs, { outcomes: data.outcomes, counts: data.counts });
}

const cancelOne: Action = async (torture) => {
  const [job] = newJobs(torture, 1);
  if (job === undefined) return;
  const request = {
    ...(await anyone(torture, 'a cancel')),
    path: `${pathOf(job)}/cancel`,
    body: howOf(torture),
  };
  const heard = await ask(torture.record, request);
  hearOne(torture, 'http', job, heard?.json);
};

const cancelMany: Action = async (torture) => {
  const jobs = newJobs(torture, torture.dice.whole(2, 40));
  const body = { jobs: torture.dice.chance(0.2) ? [...jobs, ...jobs.slice(0, 2)] : jobs, ...howOf(torture) };
  const heard = await ask(torture.record, {
    ...(await anyone(torture, 'a bulk')),
    path: '/v1/jobs/cancel',
    body,
  });
  hearMany(torture, 'http bulk', jobs, heard?.json);
};

/** Two of a job, by several callers and through both servers. */
const contend: Action = async (torture) => {
  const [job] = newJobs(torture, 1);
  if (job === undefined) return;
  const askers = Array.from({ length: torture.dice.whole(2, 8) }, () => job);
  torture.record.asks(askers);
  const all = askers.map(async () => {
    const request = {
      ...(await anyone(torture, 'a contested cancel')),
      path: `${pathOf(job)}/cancel`,
      body: {},
    };
    hearOne(torture, 'http contested', job, (await ask(torture.record, request))?.json);
  });
  await Promise.all(all);
};

/** Leaves before the answer: what was sent is in the audit in any case. */
const leave: Action = async (torture) => {
  const jobs = newJobs(torture, torture.dice.whole(1, 12));
  const leavesAfterMs = torture.dice.whole(2, 400);
  const who = await anyone(torture, 'a bulk whose client leaves');
  await ask(torture.record, { ...who, path: '/v1/jobs/cancel', body: { jobs }, leavesAfterMs });
};

const reads = [
  '/v1/jobs?limit=20',
  '/v1/jobs?provider=ionq&state=running&limit=50',
  '/v1/audit?limit=50',
  '/v1/operations',
  '/v1/confirmations',
  '/v1/providers',
  '/v1/caller',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/',
];

const read: Action = async (torture) => {
  const who = await anyone(torture, 'a read');
  await ask(torture.record, { ...who, method: 'GET', path: torture.dice.pick(reads) });
};

const toolResult = z.object({ result: z.object({ structuredContent: z.unknown() }) });

/** MCP over HTTP: one job, several, or a list. */
const callTool: Action = async (torture) => {
  const jobs = newJobs(torture, torture.dice.pick([1, 1, 3]));
  const [job] = jobs;
  if (job === undefined) return;
  const params =
    jobs.length === 1 ? { name: 'cancel_job', arguments: job } : { name: 'cancel_jobs', arguments: { jobs } };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
  const headers = { accept: 'application/json, text/event-stream' };
  const heard = await ask(torture.record, {
    ...(await anyone(torture, 'a tool')),
    path: '/mcp',
    body,
    headers,
  });
  const { data } = toolResult.safeParse(heard?.json);
  if (jobs.length === 1) hearOne(torture, 'mcp', job, data?.result.structuredContent);
};

/** Bodies and paths that no reader may take for a cancel: nothing is sent for their jobs. */
const malform: Action = async (torture) => {
  const { dice, record } = torture;
  const [job] = newJobs(torture, 1);
  if (job === undefined) return;
  record.forbids(job);
  const whole = JSON.stringify({ jobs: [job], reason: 'a torture' });
  const bulk = '/v1/jobs/cancel';
  const cancel = `${pathOf(job)}/cancel`;
  const [path, body] = dice.pick<readonly [string, string]>([
    [bulk, whole.slice(0, dice.whole(1, whole.length - 1))],
    [bulk, `${whole}${whole}`],
    [bulk, whole.replace('"jobs"', '"jobs":[],"jobs"')],
    [bulk, whole.replace('"reason"', '"dryRun":true,"reason"')],
    [bulk, `${'['.repeat(5_000)}${whole}`],
    [bulk, JSON.stringify({ jobs: [{ ...job, job_id: `${job.job_id}/../${job.job_id}` }] })],
    [bulk, JSON.stringify({ jobs: [job], wait_seconds: 1e308 })],
    [bulk, `${whole}${' '.repeat(2_100_000)}`],
    [bulk, `\u0000${whole}`],
    [bulk, JSON.stringify({ jobs: { provider: job.provider, job_id: job.job_id } })],
    [cancel, '{"wait_seconds": "2"}'],
    [cancel, '[]'],
    [cancel, '{"reason": "\\ud800", "dry_run": 1}'],
    [`/v1/providers/${job.provider}/jobs/%2e%2e/${job.job_id}/cancel`, '{}'],
    [`/v1/providers/${job.provider}/jobs/${job.job_id}%00/cancel`, '{}'],
    [`${cancel}?dry_run=true&dry_run=false`, '{}'],
    [
      '/mcp',
      `[${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'cancel_job', arguments: job } })}]`,
    ],
    ['/v1/operations', JSON.stringify({ jobs: [job], follow_hours: -1 })],
  ]);
  const heard = await ask(record, { ...(await anyone(torture, 'a malformed request')), path, body });
  record.count('malformed');
  if (heard !== undefined && heard.status < 400)
    record.wrong(`a malformed request was answered ${heard.status}: ${path} ${body.slice(0, 200)}`);
};

/** A client that writes a letter at a time, or stops in the middle, or never reads. */
const dawdle: Action = async (torture) => {
  const { dice, record } = torture;
  const [job] = newJobs(torture, 1);
  const { server, caller } = await anyone(torture, 'a slow client');
  if (job === undefined || server.url === undefined) return;
  const from = record.now();
  const body = '{"wait_seconds": 0.2}';
  const text = [
    `POST ${pathOf(job)}/cancel HTTP/1.1`,
    ...['Host: 127.0.0.1', `Authorization: Bearer ${caller.token.token}`],
    ...['Content-Type: application/json', `Content-Length: ${body.length}`],
    ...['', body],
  ].join('\r\n');
  const manner = dice.pick(['slow', 'slow', 'half', 'deaf']);
  record.count(`slow clients (${manner})`);
  try {
    const socket = await connected(server.url);
    const answer = manner === 'deaf' ? undefined : answerOf(socket);
    const size = Math.ceil(text.length / 8);
    for (let at = 0; at < (manner === 'half' ? text.length / 2 : text.length); at += size) {
      socket.write(text.slice(at, at + size));
      await wait(dice.whole(20, 400));
    }
    const sentAt = record.now();
    const heard = await answer;
    socket.destroy();
    if (heard === undefined || manner !== 'slow') return;
    record.shows('the answer to a slow client', `${heard.head}\n${heard.body}`);
    const status = Number.isNaN(heard.status) ? undefined : heard.status;
    const json = parseJson(heard.body);
    record.answered({
      ...{ what: 'a slow client', server: server.name, from, sentAt, to: record.now() },
      ...{ status, reasons: reasonsIn(json) },
    });
    hearOne(torture, 'http slow', job, json);
  } catch {
    record.count('without an answer');
  }
};

/** What clients do, each as often as its weight says. */
export const actions: readonly (readonly [number, Action])[] = [
  [40, cancelOne],
  [12, cancelMany],
  [3, contend],
  [5, leave],
  [16, read],
  [8, callTool],
  [9, malform],
  [4, dawdle],
];
