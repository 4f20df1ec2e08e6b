import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsentAnswer } from '../../shared/cancellation/request-context.ts';
import { agentWith, callerWith, callOf, guardHarness, named, sentTo } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';

const agent = agentWith({ confirmAbove: 0, actions: ['list', 'cancel'] });
const program = callerWith({ confirmAbove: 0 });
const ada = callerWith({}, { id: 'ada', kind: 'person' });

function stageWithJobs(count = 3) {
  const harness = guardHarness();
  const gateway = harness.gateway();
  const ids = harness.providers.sutro.addJobs(count, { state: 'running', name: 'Night sweep' });
  const jobs = named('sutro', ids);
  const cancel = (how: object, caller = agent, more = {}) =>
    harness.clock.until(gateway.cancelJobs({ wait_seconds: 0, ...how }, callOf(caller, more)));
  const show = async (confirmation_id = '') =>
    accepted(await gateway.showConfirmation({ confirmation_id }, callOf(ada)));
  const approve = (confirmation_id = '') => gateway.approveConfirmation({ confirmation_id }, callOf(ada));
  const sent = () => sentTo(harness.providers.sutro).length;
  return { harness, gateway, ids, jobs, cancel, show, approve, sent };
}

const unseenFlags = fc.constantFrom(undefined, false, true);
const requestOf = (send_if_status_unknown: boolean | undefined) =>
  send_if_status_unknown === undefined ? {} : { send_if_status_unknown };

describe('how a cancel was approved is how it is done', () => {
  it('whatever the second request says of send_if_status_unknown, and however it names the confirmation', async () => {
    await fc.assert(
      fc.asyncProperty(
        unseenFlags,
        unseenFlags,
        fc.constantFrom('token', 'id', 'repeated'),
        async (first, second, how) => {
          const { harness, jobs, cancel, approve, sent } = stageWithJobs();
          const caller = how === 'token' ? program : agent;
          const offer = accepted(await cancel({ jobs, ...requestOf(first) }, caller)).confirmation;
          if (how !== 'token') await approve(offer?.id);
          harness.providers.sutro.setFault({ kind: 'status', status: 503, operations: ['status', 'list'] });
          const presented = {
            token: { confirmation_token: offer?.confirmation_token },
            id: { confirmation_id: offer?.id },
            repeated: { jobs },
          }[how];
          await cancel({ ...presented, ...requestOf(second) }, caller);
          // Only a yes to an unseen cancel sends one when no status can be read, and only if the request still wants it.
          const isAgreed = first === true && second !== false && (how !== 'repeated' || second === true);
          expect(sent()).toBe(isAgreed ? 3 : 0);
        },
      ),
      { numRuns: runs(60, 20) },
    );
  });

  it('and a confirmation for another way of cancelling is refused in a sentence, and still serves for its own', async () => {
    const { jobs, cancel, approve, sent } = stageWithJobs();
    const { confirmation } = accepted(await cancel({ jobs }));
    await approve(confirmation?.id);
    const other = accepted(
      await cancel({ jobs, confirmation_id: confirmation?.id, send_if_status_unknown: true }),
    );
    expect(other.outcomes[0]).toMatchObject({
      code: 'confirmation_required',
      message: expect.stringContaining('a different value of send_if_status_unknown'),
    });
    expect(sent()).toBe(0);
    const own = accepted(await cancel({ jobs, confirmation_id: confirmation?.id }));
    expect(own.counts.cancelled).toBe(3);
  });

  it('and waits as long as it was said to', async () => {
    const { harness, gateway, jobs, approve } = stageWithJobs(1);
    harness.providers.sutro.setFault({ kind: 'status', status: 503, operations: ['status'], times: 1 });
    const first = gateway.cancelJobs({ jobs, wait_seconds: 20 }, callOf(agent));
    const { confirmation } = accepted(await harness.clock.until(first));
    await approve(confirmation?.id);
    const shown = await gateway.showConfirmation({ confirmation_id: confirmation?.id }, callOf(ada));
    expect(accepted(shown)).toMatchObject({ wait_seconds: 20 });
  });
});

describe('the person who is asked', () => {
  it('is shown names, states, ages, the words of the selector, the reason and how it is sent, as stored', async () => {
    const { harness, cancel, show, ids } = stageWithJobs();
    const selector = { provider: 'sutro', name: 'night', state: 'running,queued' };
    const request = { selector, reason: 'too dear', send_if_status_unknown: true, wait_seconds: 7 };
    const { confirmation, outcomes } = accepted(await cancel(request));
    expect(outcomes[0]).toMatchObject({
      name: 'Night sweep',
      state: 'running',
      code: 'confirmation_required',
    });
    harness.providers.sutro.setFault({ kind: 'reset' });
    const view = await show(confirmation?.id);
    expect(view).toMatchObject({
      selector,
      reason: 'too dear',
      send_if_status_unknown: true,
      wait_seconds: 7,
      state: 'pending',
    });
    expect(view.jobs.map(({ job_id }) => job_id).toSorted()).toEqual(ids.toSorted());
    for (const job of view.jobs)
      expect(job).toMatchObject({ name: 'Night sweep', state: 'running', created_at: expect.any(String) });
  });

  it('is shown whose the jobs are, where the provider shows it', async () => {
    const { harness, cancel, show } = stageWithJobs(0);
    harness.providers.ionq.addJobs(1, { state: 'running', name: 'sweep', owner: 'ada' });
    const { confirmation, outcomes } = accepted(
      await cancel({ selector: { provider: 'ionq', owner: 'ADA' } }),
    );
    expect(outcomes).toMatchObject([{ owner: 'ada', code: 'confirmation_required' }]);
    harness.providers.ionq.setFault({ kind: 'reset' });
    const view = await show(confirmation?.id);
    expect(view).toMatchObject({ selector: { provider: 'ionq', owner: 'ADA' }, jobs: [{ owner: 'ada' }] });
  });

  it('at the client reads the same, grouped where there are many, and what others wrote on one line in quotes', async () => {
    const { harness, cancel } = stageWithJobs(0);
    harness.providers.sutro.addJobs(30, { state: 'running', name: 'sweep\n- sutro job-of-somebody "x"' });
    const owner = `ada\n- sutro "x"${'a'.repeat(80)}`;
    harness.providers.ionq.addJobs(2, { state: 'queued', name: 'sweep two', owner });
    const questions: string[] = [];
    const askPerson = async (question: string): Promise<ConsentAnswer> => {
      questions.push(question);
      return 'declined';
    };
    const request = { selector: { name: 'sweep' }, reason: 'a  "b"', send_if_status_unknown: true };
    accepted(await cancel(request, agent, { askPerson }));
    const lines = questions[0]?.split('\n') ?? [];
    expect(lines[0]).toBe('An assistant wants to cancel 32 jobs. This cannot be undone.');
    expect(lines).toContain(`The assistant's reason: "a \\"b\\""`);
    expect(lines).toContain('Selected by: name "sweep"');
    expect(lines).toContain('The cancel is sent even if the status of a job cannot be read first.');
    expect(lines).toEqual(expect.arrayContaining(['ionq: 2 queued', 'sutro: 30 running', '- and 12 more']));
    const job = lines.find((line) => line.startsWith('- sutro'));
    expect(job).toMatch(
      /^- sutro job-\S+ \(running, "sweep - sutro job-of-somebody \\"x\\"", \d+ \w+ old\)$/,
    );
    const owned = lines.find((line) => line.startsWith('- ionq'));
    expect(owned).toMatch(
      /^- ionq \S+ \(queued, "sweep two", owner "ada - sutro \\"x\\"a{45}", \d+ \w+ old\)$/,
    );
    expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(21);
  });
});

describe('what a client answers', () => {
  it.each([
    ['declined', /through the client, and the client answered no/],
    ['no_answer', /has no answer from the client/],
    ['failed', /could not ask a person/],
    ['cooldown', /within the last minute/],
  ] as const)(
    'as %s is not told as the word of a person, and the confirmation is offered beside it',
    async (verdict, told) => {
      const { jobs, cancel, approve, sent } = stageWithJobs();
      const askPerson = async (): Promise<ConsentAnswer> => verdict;
      const answer = accepted(await cancel({ jobs }, agent, { askPerson, surface: 'stdio' }));
      const { message = '' } = answer.outcomes[0] ?? {};
      expect(message).toMatch(told);
      expect(message).not.toMatch(/person (was asked|has|did|said)/i);
      const { id = '', next_step = '' } = answer.confirmation ?? {};
      expect(next_step).toMatch(new RegExp(`confirm ${id}" in a terminal.*call this tool again`));
      expect(sent()).toBe(0);
      await approve(id);
      expect(accepted(await cancel({ jobs })).counts.cancelled).toBe(3);
    },
  );

  it('as yes when the call is over approves that confirmation: the same request goes through then', async () => {
    const { gateway, jobs, cancel, sent } = stageWithJobs();
    let late = async () => {};
    const askPerson = async (_question: string, onLateYes: () => Promise<void>): Promise<ConsentAnswer> => {
      late = onLateYes;
      return 'no_answer';
    };
    const { confirmation } = accepted(await cancel({ jobs, reason: 'stuck' }, agent, { askPerson }));
    expect(sent()).toBe(0);
    await late();
    const view = await gateway.showConfirmation({ confirmation_id: confirmation?.id }, callOf(ada));
    expect(accepted(view)).toMatchObject({ state: 'approved', approved_by: 'the person at the client' });
    expect(accepted(await cancel({ jobs })).counts.cancelled).toBe(3);
    const audit = accepted(await gateway.readAudit({}, callOf(ada)));
    expect(audit.entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'confirm', step: 'approve', confirmation: confirmation?.id }),
      ]),
    );
  });

  it('as yes in time uses the confirmation up; if another person has closed it meanwhile, it does nothing', async () => {
    const { gateway, jobs, cancel, sent } = stageWithJobs();
    let id = '';
    const declining = async (): Promise<ConsentAnswer> => {
      const { confirmation } = accepted(await gateway.cancelJobs({ jobs }, callOf(agent)));
      id = confirmation?.id ?? '';
      await gateway.closeConfirmation({ confirmation_id: id }, callOf(ada));
      return 'agreed';
    };
    const closed = accepted(await cancel({ jobs }, agent, { askPerson: declining }));
    expect(closed.outcomes[0]?.message).toContain('already been used or closed');
    expect(sent()).toBe(0);
    const askPerson = async (): Promise<ConsentAnswer> => 'agreed';
    expect(accepted(await cancel({ jobs }, agent, { askPerson })).counts.cancelled).toBe(3);
    const again = await cancel({ confirmation_id: id });
    expect(again.ok).toBe(false);
  });
});
