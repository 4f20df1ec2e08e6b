import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema, type ElicitResult, type Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadedTools } from '../../mcp/loaded-tools.ts';
import { buildServer } from '../../mcp/server.ts';
import { digestSchema } from '../../mcp/tools/bulk-result.ts';
import type { Fault } from '../../sandbox/faults/fault.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { agentWith, type GuardHarness, guardHarness, named } from '../support/guard-harness.ts';
import '../../mcp/call-tool.ts';

/** As `fetch` does, gives a request up when its signal says so. */
function givingUp(wire: typeof fetch): typeof fetch {
  return (input, init) => {
    const givenUp = new Promise<never>((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
    });
    return Promise.race([wire(input, init), givenUp]);
  };
}

/** A client, on a clock that is turned by hand, whose person answers after so long; without a time, never. */
async function connect(
  harness: GuardHarness,
  answer?: { readonly afterMs?: number; readonly result: ElicitResult },
) {
  const gateway = harness.gateway({ fetch: givingUp(harness.providers.fetch) });
  const load = async () => ({
    gateway,
    log: silentLog,
    caller: async () => agentWith({ confirmAbove: 10 }),
    surface: 'stdio' as const,
    newRequestId: () => 'test',
  });
  const server = buildServer(load, loadedTools, harness.clock);
  const capabilities = answer === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'host', version: '0' }, { capabilities });
  const asked: string[] = [];
  if (answer !== undefined)
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params.message);
      return new Promise((resolve) => {
        if (answer.afterMs !== undefined) harness.clock.after(answer.afterMs, () => resolve(answer.result));
      });
    });
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(one), client.connect(other)]);
  return { client, asked, gateway };
}

const answerSchema = z.object({
  structuredContent: z.record(z.string(), z.unknown()),
  content: z.array(z.object({ text: z.string() })),
});

/** Calls a tool while the clock is turned; how long it took on that clock, and what the client was told on the way. */
async function timed(harness: GuardHarness, client: Client, name: string, given: object) {
  const { clock } = harness;
  const from = clock.now();
  const told: (Progress & { readonly at: number })[] = [];
  const onprogress = (progress: Progress) => told.push({ ...progress, at: clock.now() - from });
  let isOver = false;
  const call = client.callTool({ name, arguments: { ...given } }, undefined, { onprogress }).finally(() => {
    isOver = true;
  });
  call.catch(() => undefined);
  while (!isOver && clock.now() - from < 120_000) await clock.turn(100);
  const { structuredContent: structured, content } = answerSchema.parse(await call);
  return { ms: clock.now() - from, structured, text: content[0]?.text ?? '', told };
}

const everything = ['list', 'status', 'statusMany', 'cancel', 'cancelMany'] as const;
const troubles: readonly (readonly [string, Fault | undefined])[] = [
  ['nothing', undefined],
  ['slow answers', { kind: 'delay', ms: 9_000, operations: [...everything] }],
  ['no answers', { kind: 'hang', operations: [...everything] }],
  ['no answers to cancels', { kind: 'hang', operations: ['cancel', 'cancelMany'] }],
  ['a 429 for a minute', { kind: 'rate_limited', retryAfter: { seconds: 60 } }],
  [
    'a 429 for 20 s, now and then',
    { kind: 'rate_limited', retryAfter: { seconds: 20 }, probability: 0.3, seed: 7 },
  ],
  ['5xx now and then', { kind: 'status', status: 503, probability: 0.4, seed: 3 }],
];
const yes: ElicitResult = { action: 'accept', content: { confirm: true } };
const people: readonly (readonly [string, Parameters<typeof connect>[1]])[] = [
  ['unavailable', undefined],
  ['a person who agrees at once', { afterMs: 10, result: yes }],
  ['a person who agrees after 20 s', { afterMs: 20_000, result: yes }],
  ['a person who agrees after 34 s', { afterMs: 34_000, result: yes }],
  ['a person who agrees after 45 s', { afterMs: 45_000, result: yes }],
  ['a person who never answers', { result: yes }],
];

function stageWith(fault: Fault | undefined, count: number) {
  const harness = guardHarness();
  const jobs = (['ionq', 'sutro'] as const).flatMap((provider) => {
    const ids = harness.providers[provider].addJobs(count, { state: 'running' });
    if (fault !== undefined) harness.providers[provider].setFault(fault);
    return named(provider, ids);
  });
  return { harness, jobs };
}

/** The jobs that a provider was sent a cancel of. */
function sentIn({ providers }: GuardHarness): Set<string> {
  const { ionq, sutro } = providers;
  const cancels = [...ionq.journal, ...sutro.journal].filter(({ operation }) =>
    operation.startsWith('cancel'),
  );
  return new Set(cancels.flatMap(({ jobIds }) => jobIds));
}

describe.each(troubles)('a call where there is %s', (_what, fault) => {
  it.each(people)(
    'with %s ends within 50 s, is heard of every 5 s, and tells the truth',
    async (_who, person) => {
      const { harness, jobs } = stageWith(fault, 40);
      const { client } = await connect(harness, person);
      const { ms, structured, told } = await timed(harness, client, 'cancel_jobs', {
        jobs,
        wait_seconds: 20,
      });
      expect(ms).toBeLessThanOrEqual(50_000);
      const { counts } = digestSchema.parse(structured);
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(jobs.length);
      const sent = sentIn(harness);
      const { cancelled = 0, cancelling = 0, unknown = 0 } = counts;
      const claimed = cancelled + cancelling + unknown;
      expect(claimed).toBeLessThanOrEqual(sent.size);
      if (sent.size === 0) expect(counts).toMatchObject({ cancelled: 0, cancelling: 0, unknown: 0 });
      const numbers = told.map(({ progress }) => progress);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
      const times = [0, ...told.map(({ at }) => at), ms];
      for (const [index, at] of times.slice(1).entries())
        expect(at - (times[index] ?? 0)).toBeLessThan(5_000);
      expect(told.every(({ message }) => message !== undefined && message !== '')).toBe(true);
    },
  );

  it.each([
    ['cancel_job', (jobs: readonly object[]) => ({ ...jobs[0], wait_seconds: 20 })],
    ['cancel_jobs', () => ({ selector: { state: 'running' } })],
    ['cancel_jobs', (jobs: readonly object[]) => ({ jobs, dry_run: true })],
    ['list_jobs', () => ({})],
    [
      'list_jobs',
      (jobs: readonly { job_id: string }[]) => ({
        provider: 'ionq',
        ids: jobs.slice(0, 40).map(({ job_id }) => job_id),
      }),
    ],
  ] as const)('of %s %# does, too', async (name, given) => {
    const { harness, jobs } = stageWith(fault, 40);
    const { client } = await connect(harness, { result: yes });
    const { ms, told } = await timed(harness, client, name, given(jobs));
    expect(ms).toBeLessThanOrEqual(50_000);
    const times = [0, ...told.map(({ at }) => at), ms];
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeLessThan(5_000);
  });
});

describe('a person', () => {
  it('who agrees in time has all jobs cancelled', async () => {
    const { harness, jobs } = stageWith(undefined, 40);
    const { client } = await connect(harness, { afterMs: 33_000, result: yes });
    const { structured, told } = await timed(harness, client, 'cancel_jobs', { jobs });
    expect(structured).toMatchObject({ counts: { cancelled: 80 } });
    const waiting = told.filter(({ message }) => message === "waiting for the user's answer");
    expect(waiting.length).toBeGreaterThanOrEqual(7);
  });

  it('who agrees when the call is long over has confirmed: the same call goes through then', async () => {
    const { harness, jobs } = stageWith(undefined, 40);
    const { client, asked } = await connect(harness, { afterMs: 200_000, result: yes });
    const first = await timed(harness, client, 'cancel_jobs', { jobs });
    expect(first.structured).toMatchObject({
      counts: { refused: 80 },
      confirmation: { id: expect.any(String) },
    });
    expect(sentIn(harness).size).toBe(0);
    await harness.clock.turn(200_000);
    const second = await timed(harness, client, 'cancel_jobs', { jobs });
    expect(second.structured).toMatchObject({ counts: { cancelled: 80 } });
    expect(asked).toHaveLength(1);
  });
});
