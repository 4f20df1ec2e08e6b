import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { freshFolder } from '../support/process/temporary.ts';
import { buttonsOf } from '../support/slack/limits.ts';
import { shownIn } from '../support/slack/read-back.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';

/** What a receiver on this machine got, by path. */
const got: { readonly path: string; readonly body: unknown }[] = [];
let receiver: Server;
let server: TestServer;

const agentMay = { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 0 };
const personMay = { connections: ['*'], actions: ['list', 'cancel', 'confirm'] };

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    got.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.end('ok');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  const secret = join(folder, 'secret');
  writeFileSync(secret, `whsec_${Buffer.alloc(32, 7).toString('base64')}`, { mode: 0o600 });
  const variables = {
    SLACK_WEBHOOK_URL: `${origin}/slack`,
    CALLOFF_PUBLIC_URL: 'https://jobs.example.org/calloff',
  };
  const document = {
    slack: { team_id: 'T111', app_id: 'A111', channels: ['C111'] },
    webhook: { url: `${origin}/webhook`, secret_file: secret },
    confirmations: { minutes: 1_440 },
  };
  const roles = {
    agent: { kind: 'agent', may: agentMay },
    ada: { kind: 'person', may: personMay },
  } as const;
  server = await openTestServer(roles, variables, { document });
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

const asked = z.object({
  confirmation: z.object({ id: z.string(), expires_at: z.string(), next_step: z.string() }),
});

it('a request of an agent reaches the channel and the webhook, and a second person agrees to it', async () => {
  const [job_id = ''] = server.sandbox.providers.sutro.addJobs(1, { state: 'running', settlesInMs: 0 });
  const body = { jobs: [{ provider: 'sutro', job_id }], reason: 'too dear' };
  const cancel = async () => (await server.ask('agent', 'POST', '/v1/jobs/cancel', body)).json();
  const { confirmation } = asked.parse(await cancel());
  const page = `https://jobs.example.org/calloff/?view=waiting#${confirmation.id}`;
  expect(confirmation.next_step).toContain(`or on the page: ${page}`);
  const leftMs = Date.parse(confirmation.expires_at) - Date.now();
  expect([leftMs > 86_000_000, leftMs <= 86_400_000]).toEqual([true, true]);
  await expect.poll(() => got.length, { timeout: 10_000 }).toBe(2);
  const told = new Map(got.map(({ path, body: sent }) => [path, sent]));
  expect(shownIn(told.get('/slack')).join('\n')).toContain('Asked for by `agent`.');
  expect(shownIn(told.get('/slack')).join('\n')).toContain(page);
  expect(buttonsOf(told.get('/slack')).map(({ value }) => value)).toEqual([confirmation.id, confirmation.id]);
  expect(told.get('/webhook')).toMatchObject({
    type: 'confirmation.requested',
    data: {
      confirmation: confirmation.id,
      caller: 'agent',
      jobs: 1,
      page,
    },
  });
  expect(JSON.stringify(told.get('/webhook'))).not.toContain('too dear');
  await cancel();
  const approvals = await Promise.all(
    ['ada', 'ada'].map((who) => server.ask(who, 'POST', `/v1/confirmations/${confirmation.id}`)),
  );
  expect(approvals.map(({ status }) => status)).toEqual([200, 200]);
  expect(got).toHaveLength(2);
  const results = await Promise.all([cancel(), cancel()]);
  expect(results.map((each) => z.object({ counts: z.object({}).loose() }).parse(each).counts)).toEqual(
    expect.arrayContaining([expect.objectContaining({ cancelled: 1 })]),
  );
  const cancels = server.sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel');
  expect(cancels).toHaveLength(1);
});
