import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../functions/http/app.ts';
import { twinNames } from '../../sandbox/providers/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { listResultSchema } from '../../shared/contract/answers/responses.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { ionq } from '../../shared/providers/ionq.ts';
import { promptloop } from '../../shared/providers/promptloop.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { diagnose } from '../../shared/use-cases/diagnose.ts';
import { accepted, context, providerNames } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { slackInMemory } from '../support/slack/in-memory.ts';
import { inMemory } from '../support/surfaces/mcp-client.ts';

/** One that takes lists of ids, one that limits its status checks, and one that does neither. */
const unlisted = [ionq, promptloop, sutro];
const lists = unlisted.map(({ list }) => list);

beforeAll(() => {
  for (const adapter of unlisted) Reflect.deleteProperty(adapter, 'list');
});
afterAll(() => {
  for (const [index, adapter] of unlisted.entries()) Object.assign(adapter, { list: lists[index] });
});

const saidOf = (displayName: string, name: string) =>
  `${displayName} does not list its jobs, so calloff cannot tell which jobs of ${name} there are. Cancel or check them by their ids.`;
const said = [saidOf('IonQ', 'ionq'), saidOf('PromptLoop', 'promptloop'), saidOf('Sutro', 'sutro')];
const unavailable = unlisted.map(({ id }, index) => ({
  ...{ provider: id, code: 'list_unsupported', message: said[index] },
}));

let harness: Awaited<ReturnType<typeof operationsHarness>>;
let gateway: Gateway;
let worker: ReturnType<typeof harness.newProcess>['worker'];
beforeEach(async () => {
  harness = await operationsHarness();
  ({ gateway, worker } = harness.newProcess());
});

/** How often each provider without a list was asked for it. */
function listsAsked(): number[] {
  const names = twinNames.filter((name) => unlisted.some(({ id }) => id === name));
  return names.map(
    (name) => harness.sandbox.providers[name].journal.filter(({ operation }) => operation === 'list').length,
  );
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  return harness.clock.until(work);
}

describe('connections without a list', () => {
  it('are told from those with one', async () => {
    const { providers } = accepted(await gateway.listProviders({}, context));
    const withoutList = new Set<string>(unlisted.map(({ id }) => id));
    expect(providers.map(({ provider, can }) => [provider, can.list])).toEqual(
      providerNames.map((name) => [name, !withoutList.has(name)]),
    );
  });

  it('are named by every list, which shows the jobs of the others', async () => {
    const [job] = harness
      .addJobs({ ionworks: 1, ionq: 1, sutro: 1 })
      .filter((each) => each.provider === 'ionworks');
    const found = accepted(await inTime(gateway.listJobs({}, context)));
    expect(found).toMatchObject({ jobs: [job], partial: true, unavailable, next_cursor: null });
    const one = accepted(await inTime(gateway.listJobs({ provider: 'sutro', state: 'running' }, context)));
    expect(one).toMatchObject({ jobs: [], partial: true, unavailable: [unavailable[2]] });
    expect(listsAsked()).toEqual([0, 0, 0]);
  });

  it('are not named if they have no key, unless the list is about them', async () => {
    harness.configure(
      harness.connections.map(({ apiKey, ...each }) =>
        each.name === 'sutro' ? each : { ...each, ...(apiKey && { apiKey }) },
      ),
    );
    const found = accepted(await inTime(gateway.listJobs({}, context)));
    expect(found.unavailable).toEqual(unavailable.slice(0, 2));
    const one = accepted(await inTime(gateway.listJobs({ provider: 'sutro' }, context)));
    expect(one.unavailable).toMatchObject([{ provider: 'sutro', code: 'provider_not_configured' }]);
  });

  it('are named by a selector, which never says that there are no jobs', async () => {
    harness.addJobs({ sutro: 2 });
    const request = { selector: { provider: 'sutro' }, dry_run: true };
    const { outcomes, ...answer } = accepted(await inTime(gateway.cancelJobs(request, context)));
    expect(outcomes).toEqual([]);
    expect(answer.unavailable).toEqual([unavailable[2]]);
  });

  it('are named by the selector of an operation', async () => {
    harness.addJobs({ ionworks: 2, sutro: 2 });
    const made = accepted(await inTime(gateway.createOperation({ selector: { state: 'running' } }, context)));
    const none = accepted(
      await inTime(gateway.createOperation({ selector: { provider: 'sutro' } }, context)),
    );
    await harness.workOff(worker);
    const read = async ({ id }: { readonly id: string }) =>
      accepted(await inTime(gateway.getOperation({ operation_id: id }, context)));
    expect(await read(made)).toMatchObject({ state: 'waiting_for_confirmation', jobs: 2, unavailable });
    expect(await read(none)).toMatchObject({
      ...{ state: 'finished', jobs: 0, unavailable: [unavailable[2]] },
      message: expect.stringMatching(/^calloff could not list all jobs/),
    });
  });
});

describe('the jobs of a connection without a list', () => {
  it.each([1, 3, 12])('are checked by their ids, %i at once', async (count) => {
    const jobs = harness.addJobs({ ionq: count, sutro: count, promptloop: Math.min(count, 5) });
    const seen = accepted(await inTime(gateway.getJobs({ jobs }, context)));
    expect(seen).toMatchObject(jobs.map((job) => ({ ...job, state: 'running' })));
    expect(listsAsked()).toEqual([0, 0, 0]);
  });

  it('are cancelled and seen to have ended', async () => {
    const jobs = harness.addJobs({ ionq: 30, sutro: 30, promptloop: 4 });
    const { counts } = accepted(await inTime(gateway.cancelJobs({ jobs, wait_seconds: 20 }, context)));
    expect(counts.cancelled).toBe(jobs.length);
    expect(listsAsked()).toEqual([0, 0, 0]);
  });

  it('are cancelled, followed and checked once more by an operation', async () => {
    const jobs = harness.addJobs({ ionq: 40, sutro: 40, promptloop: 3 }, { settlesInMs: 45_000 });
    const id = await harness.start(jobs);
    await harness.workOff(worker);
    expect(await harness.countsOf(id)).not.toHaveProperty('cancelled', jobs.length);
    for (let hour = 0; hour < 3; hour += 1) {
      await harness.clock.turn(3_600_000);
      await harness.workOff(worker);
    }
    expect(await harness.countsOf(id)).toEqual({ cancelled: jobs.length });
    expect(listsAsked()).toEqual([0, 0, 0]);
  });
});

describe('every surface says that a connection has no list', () => {
  const says = (text: string) => {
    const words = text.replaceAll(/\s+/g, ' ');
    expect(words).toContain(said[2]);
    expect(words).not.toMatch(/no jobs? (is|are|match|on)|none of|pick no job/i);
  };

  it('over HTTP', async () => {
    const callers = { identify: async () => context.caller };
    const app = createApp({ gateway, callers, log: silentLog, newRequestId: () => 'test' });
    const answer = await inTime((async () => (await app.request('/v1/jobs?provider=sutro')).json())());
    expect(listResultSchema.parse(answer)).toMatchObject({ partial: true, unavailable: [unavailable[2]] });
    const { providers } = z
      .object({
        providers: z.array(z.object({ provider: z.string(), can: z.object({ list: z.boolean() }) })),
      })
      .parse(await (await app.request('/v1/providers')).json());
    expect(providers.find(({ provider }) => provider === 'sutro')?.can.list).toBe(false);
  });

  it('over MCP', async () => {
    const { clock } = harness;
    const parts = { gateway, clock, log: silentLog, caller: async () => context.caller };
    const { call } = await inMemory({ ...parts, newRequestId: () => 'test', surface: 'mcp' });
    says((await inTime(call('list_jobs', { provider: 'sutro' }))).text);
    says((await inTime(call('cancel_jobs', { selector: { provider: 'sutro' }, dry_run: true }))).text);
  });

  it('in Slack', async () => {
    const { clock, store, connections } = harness;
    const ask = slackInMemory({ gateway, store, clock, connections });
    says((await ask({ kind: 'list', provider: 'sutro' })).texts.join('\n'));
  });

  it('on the command line', async () => {
    const sandbox = await startSandbox({ control: false });
    const env = sandboxEnvironment(sandbox);
    const listed = await runInProcess(['list', '--provider', 'sutro'], { env, isTerminal: true });
    says(listed.stdout);
    expect(listed.code).toBe(1);
    const filters = ['--state', 'running'];
    const selected = await runInProcess(['cancel', 'sutro', ...filters, '--dry-run'], {
      env,
      isTerminal: true,
    });
    says(`${selected.stdout} ${selected.stderr}`);
    expect(selected.code).toBe(1);
    const doctor = await runInProcess(['doctor'], { env, isTerminal: true });
    expect(doctor.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Sutro does not list its jobs. Name them by their ids.',
    );
    expect(doctor.code).toBe(0);
    await sandbox.close();
  });
});

describe('the doctor of a connection without a list', () => {
  const checksOf = async (name: string) => {
    const connection = (await gateway.connections()).get(name);
    const { checks } = await inTime(diagnose(connection ?? expect.fail('no connection')));
    return Object.fromEntries(checks.map(({ check, result }) => [check, result]));
  };

  it('judges the key by the answer about a job that does not exist', async () => {
    const fine = {
      key: 'as_expected',
      list: 'not_checked',
      status: 'not_checked',
      missing_job: 'as_expected',
    };
    expect(await checksOf('sutro')).toEqual(fine);
    harness.sandbox.providers.sutro.setFault({ kind: 'status', status: 500 });
    expect(await checksOf('sutro')).toMatchObject({ key: 'not_checked', missing_job: 'differs' });
  });

  it('asks for the id that the adapter names', async () => {
    Object.assign(sutro, { absentJobId: 'no-such-job' });
    expect(await checksOf('sutro')).toMatchObject({ missing_job: 'as_expected' });
    Reflect.deleteProperty(sutro, 'absentJobId');
    const asked = harness.sandbox.providers.sutro.journal.flatMap(({ jobIds }) => jobIds);
    expect(asked).toEqual(['no-such-job']);
  });

  it('tells a rejected key', async () => {
    harness.configure(harness.connections.map((each) => ({ ...each, apiKey: 'another' })));
    expect(await checksOf('sutro')).toEqual({ key: 'differs' });
  });
});
