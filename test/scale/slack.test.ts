import { expect, test } from 'vitest';
import { startPretendSlack } from '../../sandbox/pretend-slack.ts';
import { type ProviderName, startSandbox } from '../../sandbox/sandbox.ts';
import { connectionsTo, providerLogsOf, settingsFor } from '../support/harness.ts';
import { toldOfAll } from '../support/slack/read-back.ts';
import { commandPost, signatureOf } from '../support/slack/requests.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { runs } from '../support/thorough.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';

const signingSecret = 'a-signing-secret-for-the-tests';
const longestMs = 500;

test('Slack has its answer within 500 ms, whatever the providers do, and one true message later', async () => {
  const sandbox = await startSandbox({ control: false });
  const pretend = await startPretendSlack();
  const slack = { signingSecrets: [signingSecret], responseOrigin: pretend.origin };
  const server = await serverFor({ ...settingsFor(connectionsTo(sandbox)), slack });
  const { sutro, ionq, promptloop, ionworks } = sandbox.providers;
  sutro.setFault({ kind: 'delay', ms: 10_000, operations: ['cancel'] });
  ionq.setFault({ kind: 'status', status: 503 });
  promptloop.setFault({ kind: 'delay', ms: 3_000, operations: ['list'] });
  ionworks.setFault({ kind: 'delay', ms: 3_000, operations: ['list'] });

  const took: number[] = [];
  const post = async (text: string) => {
    const response_url = pretend.newResponseUrl();
    const body = commandPost({ text, response_url });
    const timestamp = Math.floor(Date.now() / 1_000);
    const headers = {
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signatureOf(body, signingSecret, timestamp),
    };
    const startedAt = performance.now();
    const response = await fetch(`${server.url}/slack/commands`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });
    await response.text();
    took.push(performance.now() - startedAt);
    expect(response.status).toBe(200);
    return response_url;
  };
  await post('help');
  took.length = 0;

  const asked: { provider: ProviderName; job_id: string; url: string }[] = [];
  for (let round = 0; round < runs(5, 2); round += 1)
    for (const provider of ['sutro', 'ionq', 'promptloop', 'ionworks'] as const) {
      const job_id = sandbox.providers[provider].addJob({
        state: 'running',
        settlesInMs: 0,
        rowsFinishInMs: 0,
      });
      const text = `${provider} ${job_id}`;
      const [url] = await Promise.all([post(text), post('list'), post('help')]);
      asked.push({ provider, job_id, url });
    }
  const slowest = Math.max(...took);
  const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? 0;
  process.stdout.write(
    `Slack: ${took.length} answers, median ${median.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms\n`,
  );
  expect(slowest).toBeLessThan(longestMs);

  for (const { provider, job_id, url } of asked) {
    const [first] = await pretend.messagesAt(url, 1);
    const outcomes = toldOfAll(first);
    const trial = { asked: [{ provider, job_id }], outcomes, witnesses: providerLogsOf(sandbox) };
    expect(checkOutcomes({ ...trial, left: new Set() })).toEqual([]);
    expect(await pretend.messagesAt(url)).toHaveLength(1);
    const cancels = sandbox.providers[provider].journal.filter(
      ({ operation, jobIds }) => operation === 'cancel' && jobIds.includes(job_id),
    );
    expect(cancels.length).toBe(provider === 'ionq' ? 0 : 1);
  }
  await server.stop();
  await pretend.close();
  await sandbox.close();
}, 60_000);
