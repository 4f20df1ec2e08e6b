import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { PretendSlack } from '../../../sandbox/pretend-slack.ts';
import { bulkResultSchema, oneResultSchema } from '../../../shared/contract/answers/responses.ts';
import { parseJson } from '../../../shared/lib/json.ts';
import { type Finished, finish, start } from '../process/run.ts';
import { toldOfAll } from '../slack/read-back.ts';
import { commandPost, signatureOf } from '../slack/requests.ts';
import { clientEnvironment } from '../surfaces/beside-a-server.ts';
import { anyCaller, anyServer, type Torture } from './actions.ts';
import { ask } from './ask.ts';
import { newJobs } from './dice.ts';
import { nameOf } from './record.ts';
import { slackSecret } from './world.ts';

/** How long a person waits for a message in Slack, in milliseconds: a server that was killed sends none. */
const patienceMs = 20_000;

/** A slash command that cancels one job; what is heard is the message that comes later. */
export async function commandInSlack(torture: Torture, slack: PretendSlack): Promise<void> {
  const { record, world } = torture;
  const [job] = newJobs(torture, 1);
  const [, , caller] = world.callers;
  if (job === undefined || caller === undefined) return;
  const response_url = slack.newResponseUrl();
  const text = `${job.provider} ${job.job_id}`;
  const body = new TextDecoder().decode(commandPost({ text, response_url, trigger_id: response_url }));
  // Slack's clock is that of the servers.
  const at = Math.floor((Date.now() + world.offsetMs) / 1_000);
  await ask(record, {
    ...{
      what: 'a command in Slack',
      server: await anyServer(torture),
      caller,
      path: '/slack/commands',
      body,
    },
    isSigned: true,
    headers: {
      ...{ 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': String(at) },
      'x-slack-signature': signatureOf(body, slackSecret, at),
    },
  });
  const [message] = await Promise.race([slack.messagesAt(response_url, 1), wait(patienceMs, [])]);
  record.count(message === undefined ? 'commands in Slack without a message' : 'commands in Slack');
  if (message === undefined) return;
  record.shows('a message in Slack', JSON.stringify(message));
  for (const { job_id, outcome, state } of toldOfAll(message))
    if (job_id === job.job_id)
      record.hearsWord({ surface: 'slack', job: nameOf(job), outcome, state }, job.provider);
}

/** A person signs in to the console, and cancels a job there. */
export async function cancelInConsole(torture: Torture): Promise<void> {
  const { record } = torture;
  const caller = anyCaller(torture, 'person');
  const server = await anyServer(torture);
  const [job] = newJobs(torture, 1);
  if (job === undefined || server.url === undefined) return;
  const signedIn = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token: caller.token.token }),
  }).catch(() => undefined);
  record.shows('the answer to a sign-in', (await signedIn?.text().catch(() => '')) ?? '');
  const [cookie = ''] = signedIn?.headers.getSetCookie() ?? [];
  const [session = ''] = cookie.split(';');
  if (session === '') return;
  const path = `/v1/providers/${job.provider}/jobs/${encodeURIComponent(job.job_id)}/cancel`;
  const headers = { cookie: session, 'sec-fetch-site': 'same-origin' };
  // A session is worth nothing to a caller whose token was replaced meanwhile.
  const heard = await ask(record, {
    what: 'the console',
    server,
    caller,
    path,
    body: {},
    headers,
    isSigned: true,
  });
  const { data } = oneResultSchema.safeParse(heard?.json);
  if (data === undefined) return;
  record.count('cancels in the console');
  const { confirmation, operation, ...outcome } = data;
  record.hears('console', [job], { outcomes: [outcome] });
}

const offered = z.object({ confirmation: z.object({ id: z.string() }) });

/** An agent asks for more than it may cancel by itself, a person agrees through another server, and the agent asks again. */
export async function askForConsent(torture: Torture): Promise<void> {
  const { record, dice } = torture;
  const agent = anyCaller(torture, 'agent');
  const jobs = newJobs(torture, dice.whole(4, 10));
  record.asks(jobs);
  const request = { what: 'a bulk of an agent', caller: agent, path: '/v1/jobs/cancel', body: { jobs } };
  const hear = async () => {
    const heard = await ask(record, { ...request, server: await anyServer(torture) });
    const { data } = bulkResultSchema.safeParse(heard?.json);
    if (data !== undefined) record.hears('agent', jobs, { outcomes: data.outcomes, counts: data.counts });
    return data;
  };
  const { data } = offered.safeParse(await hear());
  if (data === undefined) return;
  const server = await anyServer(torture);
  const path = `/v1/confirmations/${data.confirmation.id}`;
  const agreed = await ask(record, { what: 'a consent', server, caller: anyCaller(torture, 'person'), path });
  if (agreed?.status === 200) record.count('consents');
  await hear();
}

/** A command line that cancels a few jobs, through a server or by itself on the same store; some are killed on the way. */
export async function runCommand(torture: Torture): Promise<void> {
  const { dice, record, world } = torture;
  const jobs = newJobs(torture, dice.whole(1, 5), dice.pick(['ionq', 'sutro'] as const));
  const [first] = jobs;
  const { url, name } = await anyServer(torture);
  if (first === undefined || url === undefined) return;
  const isRemote = dice.chance(0.5);
  const { token } = anyCaller(torture, 'program').token;
  const env = isRemote ? clientEnvironment(url, token) : world.environment();
  const ids = jobs.map(({ job_id }) => job_id);
  const child = start('cli/main.ts', ['cancel', first.provider, ...ids], env);
  record.count(isRemote ? 'commands through a server' : 'commands on the store');
  const finished = finish(child);
  const isKilled = dice.chance(0.3);
  const killing = isKilled ? wait(dice.whole(100, 1_500)).then(() => child.kill('SIGKILL')) : undefined;
  const { code, stdout, stderr }: Finished = await finished;
  await killing;
  record.shows('a command', `${stdout}\n${stderr}`);
  record.event(`a command ${isRemote ? `through ${name}` : 'on the store'} ended with ${code}`);
  if (code === null) record.count('killed commands');
  const { data } = bulkResultSchema.safeParse(parseJson(stdout));
  if (data !== undefined) record.hears('cli', jobs, { outcomes: data.outcomes, counts: data.counts });
}
