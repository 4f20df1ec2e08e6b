import '../../../shared/use-cases/operations/use-cases.ts';
import { randomUUID } from 'node:crypto';
import type { KnownBlock } from '@slack/types';
import { expect } from 'vitest';
import * as z from 'zod';
import { type ButtonAction, readAction } from '../../../functions/slack/inbound/actions.ts';
import { InProcessQueue } from '../../../functions/slack/tasks/in-process-queue.ts';
import { processTask, type TaskParts } from '../../../functions/slack/tasks/process-task.ts';
import { type SlackTask, taskSchema } from '../../../functions/slack/tasks/task.ts';
import type { ConnectionSettings } from '../../../shared/config/connection-settings.ts';
import { configurationFromFile } from '../../../shared/config/file/reload.ts';
import { silentLog } from '../../../shared/lib/log.ts';
import { mayAll, mayaOnSlack, writeConfiguration } from '../configuration.ts';
import { settingsFor } from '../harness.ts';
import type { ManualClock } from '../time/manual-clock.ts';
import { brokenLimits, buttonsOf, liveMarkup } from './limits.ts';
import { shownIn } from './read-back.ts';

const messageSchema = z.looseObject({ text: z.string(), blocks: z.array(z.custom<KnownBlock>()) });

/** What a task is besides what all have in common. */
type Asked = { readonly kind: SlackTask['kind'] } & Readonly<Record<string, unknown>>;

/** What the tasks are carried out on. */
interface MemoryGround extends Pick<TaskParts, 'gateway' | 'store'> {
  readonly clock: ManualClock;
  readonly connections: readonly ConnectionSettings[];
}

/** Carries out tasks of Maya in Slack, on a gateway and a store in memory. What was sent for each is returned. */
export function slackInMemory({ gateway, store, clock, connections }: MemoryGround, may: object = mayAll) {
  const sent: unknown[] = [];
  const path = writeConfiguration(mayaOnSlack({}, may));
  const configuration = configurationFromFile(path, settingsFor(connections), { clock, log: silentLog });
  const post = async (_url: unknown, init?: RequestInit) => {
    sent.push(JSON.parse(String(init?.body)));
    return new Response('ok');
  };
  const queue: InProcessQueue = new InProcessQueue({
    ...{ clock, log: silentLog },
    carryOut: (work, attempt) => processTask(work, { ...parts, queue }, attempt),
  });
  const parts: TaskParts = { gateway, configuration, store, clock, log: silentLog, fetch: post, queue };
  /** The messages that were sent since there were `from`. */
  const checkedFrom = (from: number) => {
    const messages = sent.slice(from).map((each) => messageSchema.parse(each));
    for (const message of messages) {
      expect(brokenLimits(message)).toEqual([]);
      expect(liveMarkup(message).filter((each) => each !== '<@W111>')).toEqual([]);
    }
    return messages;
  };
  const textsOf = (messages: ReturnType<typeof checkedFrom>) =>
    messages.map((each) => shownIn(each).join('\n'));
  const tell = async (asked: Asked) => {
    const common = {
      ...{ id: randomUUID(), request_id: randomUUID(), issued_at: clock.wallTime() },
      who: { team: 'T111', user: 'W111', channel: 'C111', app: 'A111' },
      response_url: 'https://hooks.slack.com/actions/T111/222/yyy',
    };
    const from = sent.length;
    await clock.until(processTask(taskSchema.parse({ ...common, ...asked }), parts));
    const messages = checkedFrom(from);
    const buttons = buttonsOf(messages.at(-1));
    const press = (id: string): Exclude<ButtonAction, { readonly kind: 'stop' }> => {
      const { action_id = '', value } = buttons.find((each) => each.action_id === id) ?? {};
      const action = readAction({ action_id, value });
      if (typeof action === 'string' || action.kind === 'stop') throw new Error(`no such button: ${id}`);
      return action;
    };
    return { texts: textsOf(messages), buttons, press, messages };
  }; /** What was told later, while the clock turned by so many milliseconds. */
  const later = async (ms: number) => {
    const from = sent.length;
    await clock.turn(ms);
    return textsOf(checkedFrom(from));
  };
  return Object.assign(tell, { later });
}
