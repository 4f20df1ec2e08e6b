import { randomUUID } from 'node:crypto';
import { baseApp } from '../../../functions/http/base-app.ts';
import { problem } from '../../../functions/http/problem.ts';
import { slackRoutes } from '../../../functions/slack/routes.ts';
import { InProcessQueue } from '../../../functions/slack/tasks/in-process-queue.ts';
import { processTask, type TaskParts } from '../../../functions/slack/tasks/process-task.ts';
import { type Carried, type SlackTask, taskSchema } from '../../../functions/slack/tasks/task.ts';
import { type PretendSlack, startPretendSlack } from '../../../sandbox/pretend-slack.ts';
import type { ConnectionSettings } from '../../../shared/config/connection-settings.ts';
import { configurationFromFile } from '../../../shared/config/file/reload.ts';
import { type Clock, systemClock } from '../../../shared/lib/clock.ts';
import type { LogEntry } from '../../../shared/lib/log.ts';
import { openLocal } from '../../../shared/local-gateway.ts';
import { writeConfiguration } from '../configuration.ts';
import { settingsFor } from '../harness.ts';
import { freshFolder } from '../process/temporary.ts';
import { commandPost, pressPost, signatureOf } from './requests.ts';

/** The signing secret of the stage. */
export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';

/** How a stage differs from the embedded server's Slack surface. */
interface Terms {
  readonly connections: readonly ConnectionSettings[];
  readonly budgetMs?: number;
  /** A configuration file; without it, members of the workspace may list and cancel single jobs. */
  readonly configuration?: object;
  readonly secrets?: readonly string[];
  readonly clock?: Clock;
  readonly parts?: Partial<Pick<TaskParts, 'gateway' | 'store' | 'fetch' | 'waitSeconds' | 'publicUrl'>>;
  /** Keeps what is handed on instead of carrying it out. */
  readonly held?: boolean;
}

/** A request to Slack's paths. */
interface Post {
  readonly body: Uint8Array | string;
  readonly secret?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What calloff answered at once, and what it said through the response URL once all work was done. */
export interface Exchange {
  readonly status: number;
  readonly answer: unknown;
  later(): Promise<readonly unknown[]>;
  /** The first thing it said through the response URL, as soon as it said it. */
  message(): Promise<unknown>;
}

/** The Slack surface in one process, on a store of its own, beside a Slack that is none. */
export interface SlackHarness {
  readonly pretend: PretendSlack;
  readonly handed: readonly SlackTask[];
  readonly logged: readonly LogEntry[];
  readonly parts: TaskParts;
  /** Where its store is. */
  readonly dataFolder: string;
  post(path: string, post: Post): Promise<Response>;
  command(text: string, fields?: Readonly<Record<string, string>>): Promise<Exchange>;
  press(
    button: { readonly action_id: string; readonly value: string },
    payload?: Readonly<Record<string, unknown>>,
  ): Promise<Exchange>;
  /** Carries out work as a queue would that delivers it (again). */
  deliver(work: SlackTask): Promise<Carried>;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Opens one. */
export async function openSlackHarness(terms: Terms): Promise<SlackHarness> {
  const { connections, budgetMs, clock = systemClock, secrets = [signingSecret], held = false } = terms;
  const pretend = await startPretendSlack();
  const logged: LogEntry[] = [];
  const handed: SlackTask[] = [];
  const log = (entry: LogEntry) => logged.push(entry);
  const settings = { ...settingsFor(connections, budgetMs), dataFolder: freshFolder() };
  const local = await openLocal(settings, { log, clock, redirect: () => connections, hasStoreThread: false });
  const configuration =
    terms.configuration === undefined
      ? local.configuration
      : configurationFromFile(writeConfiguration(terms.configuration), settings, { clock, log });
  const stopping = new AbortController();
  const parts: TaskParts = {
    ...{ gateway: local.gateway, store: local.store, configuration, clock, log },
    ...{ fetch: globalThis.fetch, responseOrigin: pretend.origin, stopping: stopping.signal, waitSeconds: 1 },
    ...terms.parts,
  };
  const inProcess: InProcessQueue = new InProcessQueue({
    ...{ clock, log, stopping: stopping.signal },
    carryOut: (work, attempt) => processTask(work, { ...parts, queue: inProcess }, attempt),
  });
  const queue = {
    async enqueue(work: SlackTask) {
      // What is handed on is JSON: nothing else may be needed.
      const sent = taskSchema.parse(JSON.parse(JSON.stringify(work)));
      handed.push(sent);
      if (!held) await inProcess.enqueue(sent);
    },
  };
  const app = baseApp({ newRequestId: randomUUID, log }, problem).route(
    '/slack',
    slackRoutes({
      ...{ configuration, queue, clock, log, responseOrigin: pretend.origin },
      secrets: async () => secrets,
    }),
  );

  async function post(path: string, { body, secret = signingSecret, timestamp, headers }: Post) {
    const at = timestamp ?? Math.floor(clock.wallTime() / 1_000);
    const signature = signatureOf(body, secret, at);
    const signed = { 'x-slack-request-timestamp': String(at), 'x-slack-signature': signature };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    return app.request(path, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { ...form, ...signed, ...headers },
    });
  }
  async function exchange(path: string, url: string, body: Uint8Array): Promise<Exchange> {
    const response = await post(path, { body });
    const text = await response.text();
    return {
      status: response.status,
      answer: text.startsWith('{') ? JSON.parse(text) : text,
      async later() {
        await inProcess.settled();
        return pretend.messagesAt(url);
      },
      async message() {
        const [first] = await pretend.messagesAt(url, 1);
        return first;
      },
    };
  }
  return {
    pretend,
    handed,
    logged,
    parts,
    dataFolder: settings.dataFolder,
    post,
    command(text, fields = {}) {
      const response_url = pretend.newResponseUrl();
      const { response_url: given = response_url } = fields;
      const body = commandPost({ text, response_url, trigger_id: randomUUID(), ...fields });
      return exchange('/slack/commands', given, body);
    },
    press(button, payload = {}) {
      const response_url = pretend.newResponseUrl();
      const actions = [{ type: 'button', ...button }];
      const body = pressPost({ actions, response_url, trigger_id: randomUUID(), ...payload });
      return exchange('/slack/interactions', response_url, body);
    },
    deliver: (work) => processTask(work, parts),
    settled: () => inProcess.settled(),
    async close() {
      stopping.abort();
      await inProcess.settled();
      await local.close();
      await pretend.close();
    },
  };
}
