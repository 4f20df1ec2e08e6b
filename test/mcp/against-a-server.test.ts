import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { remoteParts } from '../../mcp/remote/remote-parts.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { mayAll } from '../support/configuration.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { inMemory, type McpClient, type MemoryTerms } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';

const roles = {
  ada: { kind: 'person', may: mayAll },
  bea: { kind: 'person', may: { ...mayAll, self_confirm: false } },
  bot: { kind: 'agent', may: mayAll },
} as const satisfies Record<string, Role>;

let server: TestServer;
let jobs: readonly { readonly provider: string; readonly job_id: string }[];
const clients: McpClient[] = [];
const yes = { action: 'accept', content: { confirm: true } } as const;

beforeAll(async () => {
  server = await openTestServer(roles, { CALLOFF_CONFIRM_ABOVE: '1' });
});
beforeEach(() => {
  server.sandbox.providers.sutro.reset();
  const ids = server.sandbox.providers.sutro.addJobs(3, { state: 'running', settlesInMs: 0 });
  jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => server.close());

/** An assistant with the token of a caller, and the person behind its client. */
async function assistantOf(token: string, answer?: MemoryTerms['answer'], url = server.url) {
  const parts = remoteParts({ url, token, limitMs: 20_000 });
  const client = await inMemory({ ...parts, clock: systemClock, ...(answer && { answer }) });
  clients.push(client);
  return client;
}

const sent = () => server.sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel');

describe('calloff mcp against a server', () => {
  it('lists jobs, cancels one, and is an agent in the audit, with the token of a person too', async () => {
    const { call } = await assistantOf(server.tokenOf('ada'));
    expect((await call('list_jobs', { provider: 'sutro' })).text).toContain(jobs[0]?.job_id);
    expect((await call('cancel_job', { ...jobs[0], reason: 'wrong' })).structured).toMatchObject({
      outcome: 'cancelled',
    });
    const audit = await (await server.ask('ada', 'GET', `/v1/audit?job=${jobs[0]?.job_id}`)).json();
    expect(audit).toMatchObject({ entries: [{ caller: 'ada', kind: 'agent', surface: 'stdio' }] });
  });

  it('asks the person of a caller who may confirm its own requests, and cancels after a yes alone', async () => {
    const questions: string[] = [];
    const { call } = await assistantOf(server.tokenOf('ada'), (message) => {
      questions.push(message);
      return questions.length === 1 ? { action: 'decline' } : yes;
    });
    const refused = await call('cancel_jobs', { jobs });
    expect(refused.structured).toMatchObject({ counts: { refused: 3 } });
    expect(refused.text).toContain('the client answered no');
    expect(sent()).toEqual([]);
    // The same client is not asked again soon after a no; another one is.
    const other = await assistantOf(server.tokenOf('ada'), (message) => {
      questions.push(message);
      return yes;
    });
    const done = await other.call('cancel_jobs', { jobs });
    expect(done.structured).toMatchObject({ counts: { cancelled: 3 } });
    expect(questions).toEqual(Array(2).fill(expect.stringContaining('An assistant wants to cancel 3 jobs.')));
  });

  it.each(['bea', 'bot'] as const)(
    'does not ask with the token of %s, whose yes would not count',
    async (caller) => {
      let isAsked = false;
      const { call } = await assistantOf(server.tokenOf(caller), () => {
        isAsked = true;
        return yes;
      });
      const { structured } = await call('cancel_jobs', { jobs });
      expect(structured).toMatchObject({ counts: { refused: 3 } });
      expect([isAsked, sent()]).toEqual([false, []]);
    },
  );

  it('gives the assistant no token with which it could confirm, and takes none from it', async () => {
    const { call } = await assistantOf(server.tokenOf('ada'));
    const offered = await call('cancel_jobs', { jobs });
    expect(JSON.stringify(offered.whole)).not.toMatch(/confirmation_token|[a-z2-9]{10}\.[\w-]{20}/);
    const { confirmation } = offered.structured;
    expect(confirmation).toEqual({ id: expect.any(String), expires_at: expect.any(String) });
    const { id } = Object(confirmation);
    expect((await call('cancel_jobs', { confirmation: id })).text).toContain('has not been confirmed yet');
    expect(sent()).toEqual([]);
  });

  it('asks the person about an operation, and starts it after a yes', async () => {
    const { call } = await assistantOf(server.tokenOf('ada'), () => yes);
    const { structured } = await call('cancel_jobs', { jobs, background: true });
    const { operation_state: state } = structured;
    expect(['running', 'following', 'finished']).toContain(state);
    const mute = await assistantOf(server.tokenOf('ada'));
    const more = server.sandbox.providers.sutro.addJobs(2, { state: 'running' });
    const waits = await mute.call('cancel_jobs', {
      jobs: more.map((job_id) => ({ provider: 'sutro', job_id })),
      background: true,
    });
    expect(waits.structured).toMatchObject({ operation_state: 'waiting_for_confirmation' });
  });

  it('asks nothing of a server that would give the assistant the rights of a person', async () => {
    const may = {
      ...{ connections: ['*'], actions: ['cancel'], max_jobs: 5, max_operation_jobs: 5, self_confirm: true },
    };
    const older = await startOrigin((_request, response) => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ id: 'ada', kind: 'person', may }));
    });
    const { call } = await assistantOf(server.tokenOf('ada'), () => yes, older.url);
    const { text, isError } = await call('cancel_job', { ...jobs[0] });
    expect([isError, text]).toEqual([
      true,
      expect.stringContaining('does not treat this assistant as an agent'),
    ]);
    expect(older.received.map(({ url }) => url)).toEqual(['/v1/caller']);
    await older.close();
  });
});
