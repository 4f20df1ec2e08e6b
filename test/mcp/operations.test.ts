import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EmbeddedWork } from '../../mcp/own-work.ts';
import type { Caller } from '../../shared/access/caller.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { agentWith, callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { inMemory, type MemoryTerms } from '../support/surfaces/mcp-client.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const robin = agentWith({ confirmAbove: 50 });
const yes: ElicitResult = { action: 'accept', content: { confirm: true } };
const no: ElicitResult = { action: 'decline' };

const answerSchema = z.object({
  operation_id: z.string(),
  operation_state: z.string(),
  confirmation: z.object({ id: z.string() }).optional(),
  next_steps: z.array(z.string()),
});
const readSchema = z.object({
  operations: z.array(
    z.object({ id: z.string(), state: z.string(), counts: z.record(z.string(), z.number()) }),
  ),
  outcomes: z.array(z.object({ job_id: z.string(), outcome: z.string() })).optional(),
  next_cursor: z.string().optional(),
});

/** A client, providers and a worker in memory. */
async function opened(terms: Partial<MemoryTerms> = {}, caller: Caller = robin) {
  const harness = await operationsHarness();
  const { gateway, worker } = harness.newProcess();
  const { clock } = harness;
  const parts = { gateway, clock, log: silentLog, caller: async () => caller, newRequestId: () => 'r-1' };
  const { call } = await inMemory({ ...parts, surface: 'mcp', ...terms });
  return {
    ...{ harness, gateway, clock, call },
    workOff: () => harness.workOff(worker),
    cancel: async (given: object) => {
      const { text, structured } = await call('cancel_jobs', given);
      const { operation_id: id, operation_state: state, ...rest } = answerSchema.parse(structured);
      return { text, operation: { id, state }, ...rest };
    },
    get: async (given: object) => readSchema.parse((await call('get_operation', given)).structured),
  };
}

describe('an operation of a model', () => {
  it('is created and told at once, then shown with its outcomes, a page at a time', async () => {
    const { harness, cancel, get, workOff } = await opened();
    const jobs = harness.addJobs({ ionq: 20, sutro: 10 });
    const { text, operation } = await cancel({ jobs, background: true, reason: 'sweep' });
    const { id } = operation;
    expect(operation.state).toBe('running');
    expect(text.replaceAll(id, 'ID')).toBe(
      [
        'Operation ID (running). Request r-1.',
        'calloff is cancelling 30 jobs; 30 have no outcome yet.',
        'Next: call get_operation with operation_id "ID" in 30 s.',
      ].join('\n'),
    );
    await workOff();
    const counts = { cancelled: 30 };
    expect(await get({ operation_id: id })).toMatchObject({
      operations: [{ id, state: 'finished', counts }],
    });
    expect(await get({})).toMatchObject({ operations: [{ id, state: 'finished', counts }] });
    const first = await get({ operation_id: id, outcome: 'cancelled' });
    const rest = await get({ operation_id: id, outcome: 'cancelled', cursor: first.next_cursor });
    expect(first.outcomes).toHaveLength(25);
    const told = [...(first.outcomes ?? []), ...(rest.outcomes ?? [])].map(({ job_id }) => job_id);
    expect(told).toEqual(jobs.map(({ job_id }) => job_id));
    expect(rest.next_cursor).toBeUndefined();
  });

  it('is paused, and resumed by cancel_jobs', async () => {
    const { harness, cancel, call, workOff, get } = await opened();
    const { operation } = await cancel({ jobs: harness.addJobs({ sutro: 3 }), background: true });
    const paused = await call('pause_operation', { operation_id: operation.id });
    expect(paused.structured).toMatchObject({ id: operation.id, state: 'paused' });
    expect(paused.text).toContain(`call cancel_jobs with operation_id "${operation.id}" to go on`);
    await workOff();
    expect(harness.cancels()).toEqual([]);
    expect((await cancel({ operation_id: operation.id })).operation.state).toBe('running');
    await workOff();
    expect(await get({ operation_id: operation.id })).toMatchObject({ operations: [{ state: 'finished' }] });
  });

  it('is started after the person at the client has read what it is, and has agreed', async () => {
    const asked: string[] = [];
    const answer = async (question: string) => {
      asked.push(question);
      return yes;
    };
    const { harness, cancel, workOff } = await opened({ answer });
    const jobs = harness.addJobs({ ionq: 40, sutro: 20 });
    const { operation } = await cancel({ jobs, background: true, reason: 'sweep' });
    expect(operation.state).toBe('running');
    const [question = ''] = asked;
    const lines = question.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'An assistant wants to cancel 60 jobs. This cannot be undone.',
      'The assistant\'s reason: "sweep"',
      'ionq: 40 jobs',
      'sutro: 20 jobs',
    ]);
    expect(lines.slice(4, 24)).toEqual(jobs.slice(0, 20).map(({ job_id }) => `- ionq ${job_id}`));
    expect(lines.slice(24)).toEqual([
      '- and 40 more',
      'This is an operation with 60 jobs. calloff has not checked their status: some may have ended already.',
    ]);
    await workOff();
    expect(await harness.headOf(operation.id)).toMatchObject({ confirmed_by: 'the person at the client' });
    expect(await harness.countsOf(operation.id)).toEqual({ cancelled: 60 });
  });

  it('is left alone after a no, and asked about again when the user wants that', async () => {
    const answers = [no, yes];
    const { harness, cancel, clock, workOff } = await opened({ answer: async () => answers.shift() ?? no });
    const jobs = harness.addJobs({ sutro: 60 });
    const { operation, text } = await cancel({ jobs, background: true });
    expect(operation.state).toBe('waiting_for_confirmation');
    expect(text).toContain('the client answered no. Nothing was sent. If the user said no, leave these');
    await workOff();
    expect(harness.cancels()).toEqual([]);
    await clock.turn(61_000);
    expect((await cancel({ operation_id: operation.id })).operation.state).toBe('running');
  });

  it('can be confirmed by a yes that comes after the answer', async () => {
    const { promise, resolve } = Promise.withResolvers<ElicitResult>();
    const { harness, cancel, clock } = await opened({ answer: () => promise });
    const jobs = harness.addJobs({ sutro: 60 });
    const call = cancel({ jobs, background: true });
    const { operation, confirmation, text } = await clock.until(call);
    expect(operation.state).toBe('waiting_for_confirmation');
    expect(text).toContain('If the question is still open and the user agrees, that confirms it.');
    resolve(yes);
    const again = { operation_id: operation.id, confirmation: confirmation?.id };
    await expect
      .poll(async () => (await cancel(again).catch(() => undefined))?.operation.state)
      .toBe('running');
  });

  it('waits for someone else if the client cannot ask, and says how it goes on', async () => {
    const { harness, gateway, cancel, call } = await opened();
    const { operation, confirmation, text } = await cancel({
      jobs: harness.addJobs({ sutro: 60 }),
      background: true,
    });
    const confirmation_id = confirmation?.id;
    const again = { operation_id: operation.id, confirmation: confirmation_id };
    expect(text).toContain(`POST /v1/confirmations/${confirmation_id}`);
    expect(text).toContain(
      `Then call cancel_jobs with operation_id "${operation.id}" and confirmation "${confirmation_id}".`,
    );
    const early = await call('cancel_jobs', again);
    expect(early).toMatchObject({ isError: true });
    expect(early.text).toContain('This has not been confirmed yet.');
    accepted(await gateway.approveConfirmation({ confirmation_id }, callOf(ada)));
    expect((await cancel(again)).operation.state).toBe('running');
  });

  it('takes its jobs from a selector, and asks when they are listed', async () => {
    const asked: string[] = [];
    const answer = async (question: string) => {
      asked.push(question);
      return yes;
    };
    const { harness, cancel, workOff, get } = await opened({ answer });
    harness.addJobs({ sutro: 3 });
    const { operation } = await cancel({
      selector: { provider: 'sutro', state: 'running' },
      background: true,
    });
    expect(operation.state).toBe('listing');
    await workOff();
    const { id: operation_id } = operation;
    expect(await get({ operation_id })).toMatchObject({
      operations: [{ state: 'waiting_for_confirmation' }],
    });
    expect(asked).toEqual([]);
    expect((await cancel({ operation_id })).operation.state).toBe('running');
    expect(asked[0]).toContain('Selected by: provider "sutro", state "running"');
  });

  it.each([
    ['cancel_jobs', { background: true, dry_run: true }, 'dry_run: cannot be combined with background'],
    ['cancel_jobs', { background: true }, 'jobs: must name the jobs to cancel'],
    ['cancel_jobs', { operation_id: 'op_x', jobs: [{ provider: 'ionq', job_id: 'x' }] }, 'jobs: cannot be'],
    ['cancel_jobs', { operation_id: 'op_x' }, 'operation_id: must be the id of an operation'],
    ['get_operation', { outcome: 'failed' }, 'operation_id: is needed with outcome'],
    ['get_operation', { operation_id: `op_${'a'.repeat(20)}` }, 'You have no such operation'],
    ['get_operation', { operation_id: `op_${'a'.repeat(20)}`, outcome: 'lost' }, 'outcome'],
    ['pause_operation', { operation_id: `op_${'a'.repeat(20)}` }, 'You have no such operation'],
  ])('is not touched by %s with %j, which has a fault: %s', async (tool, given, fault) => {
    const { call } = await opened();
    const { isError, text } = await call(tool, given);
    expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining(fault) });
  });
});

describe('a server over standard input and output', () => {
  it('works on the operations that are started at it, and says what else does', async () => {
    const done: string[] = [];
    const note = (what: string) => () => void done.push(what);
    const worker = { start: note('start'), ring: note('ring'), stop: async () => void done.push('stop') };
    const sender = { start: note('send'), stop: async () => undefined };
    const ownWork = new EmbeddedWork({ workerOn: () => worker, sender });
    const { harness, gateway, cancel, call } = await opened({ surface: 'stdio', ownWork });
    await ownWork.stop();
    expect(done).toEqual([]);
    const jobs = harness.addJobs({ sutro: 1 });
    const { id } = accepted(await gateway.createOperation({ jobs }, callOf(robin)));
    expect((await call('get_operation', { operation_id: id })).text).toContain(
      `Next: unless a calloff server on this machine works on it, call cancel_jobs with operation_id "${id}"`,
    );
    expect((await cancel({ operation_id: id })).text).toContain('Next: leave this client open,');
    expect(done).toEqual(['send', 'start', 'ring']);
    await ownWork.stop();
    expect(done.at(-1)).toBe('stop');
  });

  it('keeps checking what a cancel at it has left open', async () => {
    const begun: string[] = [];
    const ownWork = { begin: (id: string) => void begun.push(id), isOn: () => true };
    const { harness, clock, call } = await opened({ surface: 'stdio', ownWork });
    const jobs = harness.addJobs({ sutro: 1 }, { settlesInMs: 600_000 });
    const one = await clock.until(call('cancel_job', jobs[0] ?? {}));
    const many = await clock.until(
      call('cancel_jobs', { jobs: harness.addJobs({ ionq: 2 }, { settlesInMs: 600_000 }) }),
    );
    const [first, second] = begun;
    expect(begun).toHaveLength(2);
    expect(one.structured).toMatchObject({ outcome: 'cancelling', operation_id: first });
    expect(many.structured).toMatchObject({ counts: { cancelling: 2 }, operation_id: second });
    expect(many.text).toContain(
      `as long as this client or a calloff server on this machine runs: see get_operation`,
    );
  });
});
