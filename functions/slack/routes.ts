import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Hono } from 'hono/quick';
import type { Caller } from '../../shared/access/caller.ts';
import { canDoAnything } from '../../shared/access/policy.ts';
import type { ConfigurationSource } from '../../shared/config/file/reload.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { type Log, nameOf } from '../../shared/lib/log.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { SlackMessage } from './cards/message.ts';
import { faultCard, helpCard, notice, refusalNotice } from './cards/notices.ts';
import type { ButtonAction } from './inbound/actions.ts';
import { authorizeSlackUser } from './inbound/authorize.ts';
import { type Command, type CommandFault, readCommandText } from './inbound/command-text.ts';
import { type FormFault, largestForm } from './inbound/form.ts';
import { type Press, readInteraction } from './inbound/interaction.ts';
import { readSlashCommand, type SlashCommand } from './inbound/slash-command.ts';
import { verifySlackRequest } from './inbound/verify-signature.ts';
import { distinctJobs } from './tasks/idempotency.ts';
import { readResponseUrl } from './tasks/response-url.ts';
import { EnqueueUncertainError, mostAtOnce, type SlackTask, type TaskQueue } from './tasks/task.ts';
import { formFaults, httpFaults, refusals } from './wording/faults.ts';
import { frontSentences } from './wording/front-sentences.ts';

/** The parts that answer Slack. None of them calls a provider. */
export interface SlackParts {
  /** The signing secrets in use; none if this installation has no Slack app. */
  secrets(): Promise<readonly string[] | 'unreadable'>;
  readonly configuration: ConfigurationSource;
  readonly queue: TaskQueue;
  /** A loopback origin instead of Slack's own. */
  readonly responseOrigin?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The routes that Slack posts to, to mount at `/slack` in a base app: `/commands` and `/interactions`. Only signed
 * requests are parsed. They are answered at once, and their task goes to the queue. Without a signing secret every route
 * answers 404.
 */
export function slackRoutes(parts: SlackParts): Hono<HonoEnvironment> {
  const app = new Hono<HonoEnvironment>();
  app.use(async (context, next) => {
    const secrets = await parts.secrets();
    if (secrets === 'unreadable') return context.text(httpFaults.unreadable, 503);
    if (secrets.length === 0) return context.notFound();
    return next();
  });
  app.use(bodyLimit({ maxSize: largestForm, onError: (context) => context.text(httpFaults.tooLarge, 413) }));
  app.post('/commands', (context) => onlySigned(context, parts, answerCommand));
  app.post('/interactions', (context) => onlySigned(context, parts, answerInteraction));
  for (const path of ['/commands', '/interactions'])
    app.all(path, (context) => context.text(httpFaults.onlyPost, 405, { allow: 'POST' }));
  return app;
}

/** A signed request: its bytes, and an id that is the same for the same signature. */
interface Signed {
  readonly context: Context<HonoEnvironment>;
  readonly parts: SlackParts;
  readonly body: Uint8Array;
  readonly id: string;
}

async function onlySigned(
  context: Context<HonoEnvironment>,
  parts: SlackParts,
  answer: (signed: Signed) => Promise<Response>,
): Promise<Response> {
  const body = new Uint8Array(await context.req.arrayBuffer());
  const signature = context.req.header('x-slack-signature');
  const secrets = await parts.secrets();
  const verdict = verifySlackRequest({
    body,
    signature,
    timestamp: context.req.header('x-slack-request-timestamp'),
    secrets: secrets === 'unreadable' ? [] : secrets,
    now: parts.clock.wallTime(),
  });
  if (verdict === 'verified')
    return answer({
      context,
      parts,
      body,
      id: createHash('sha256').update(`${signature}`).digest('base64url'),
    });
  parts.log({ level: 'warn', event: `slack_request_${verdict}`, request_id: context.get('requestId') });
  return context.text(httpFaults.notSigned, 401);
}

async function answerCommand(signed: Signed): Promise<Response> {
  const { context, parts, body } = signed;
  const read = readSlashCommand(body);
  if (!read.ok) return unusable(signed, read.fault);
  if (read.value.kind === 'probe') return context.body(null, 200);
  const { who, text } = read.value;
  const configuration = await parts.configuration.current();
  const caller = authorizeSlackUser(who, configuration);
  if (typeof caller === 'string') {
    warn(signed, `slack_refused_${caller}`);
    return context.json(refusalNotice([refusals[caller](who)]));
  }
  const connections = configuration === 'unreadable' ? [] : configuration.connections.map(({ name }) => name);
  const command = readCommandText(text, connections);
  const isHidden = (name = '') => connections.includes(name) && !canDoAnything(caller, name);
  if (command.kind === 'help') return context.json(helpCard(connections.filter((name) => !isHidden(name))));
  if (command.kind === 'fault')
    return context.json(faultCard(command.faults.map((fault) => withoutHint(fault, isHidden))));
  return context.json(await takeCommand(signed, read.value, command, caller));
}

/** The fault without its suggestion, if that is the name of a connection that the caller may not see. */
function withoutHint(fault: CommandFault, isHidden: (name?: string) => boolean): CommandFault {
  return 'nearest' in fault && isHidden(fault.nearest) ? { ...fault, nearest: undefined } : fault;
}

type EnqueuedCommand = Exclude<Command, { readonly kind: 'help' | 'fault' }>;

async function takeCommand(
  signed: Signed,
  { who, responseUrl }: SlashCommand,
  command: EnqueuedCommand,
  caller: Caller,
): Promise<SlackMessage> {
  if (!isAnswerable(signed, responseUrl)) return notice(frontSentences.noWayBack);
  const { maxJobs } = caller.rights;
  const jobs = command.kind === 'cancel' ? distinctJobs(command.jobs).length : 0;
  if (jobs > maxJobs) return refusalNotice([frontSentences.tooMany(maxJobs, jobs)]);
  const handed = await enqueue(signed, { ...commonOf(signed, who, responseUrl), ...taskOf(command) });
  return notice(handed === 'kept' ? acknowledgement(command, jobs) : enqueueFailures[handed]);
}

/** Slack does not show the answer to a press, so every message goes to the response URL. */
async function answerInteraction(signed: Signed): Promise<Response> {
  const { context } = signed;
  const read = readInteraction(signed.body);
  if (!read.ok) return unusable(signed, read.fault);
  if (read.value.kind !== 'press') return context.body(null, 200);
  const { who, responseUrl, action }: Press = read.value;
  if (!isAnswerable(signed, responseUrl)) return context.body(null, 200);
  const handed = await enqueue(signed, { ...commonOf(signed, who, responseUrl), ...taskOfPress(action) });
  return handed === 'kept' ? context.body(null, 200) : context.text(httpFaults.busy, 503);
}

type Common = Pick<SlackTask, 'id' | 'request_id' | 'who' | 'response_url' | 'issued_at'>;

function commonOf({ id, context, parts }: Signed, who: SlackTask['who'], responseUrl: string): Common {
  const request_id = context.get('requestId');
  return { id, request_id, who, response_url: responseUrl, issued_at: parts.clock.wallTime() };
}

function taskOf(command: EnqueuedCommand) {
  switch (command.kind) {
    case 'cancel':
      return { kind: command.kind, jobs: [...command.jobs], reason: command.reason };
    case 'list':
    case 'operations':
      return command;
    case 'confirm':
    case 'show':
      return { kind: 'show' as const, confirmation: command.confirmation };
  }
}

function taskOfPress(action: ButtonAction) {
  return action.kind === 'stop' ? { kind: 'cancel' as const, jobs: [action.job] } : action;
}

function acknowledgement({ kind }: EnqueuedCommand, jobs: number): string {
  if (kind !== 'cancel') return kind === 'list' ? frontSentences.lookingForJobs : frontSentences.lookingUp;
  if (jobs > mostAtOnce) return frontSentences.storing(jobs);
  return jobs === 1 ? frontSentences.working(jobs) : frontSentences.looking(jobs);
}

const enqueueFailures = { not: frontSentences.notEnqueued, perhaps: frontSentences.perhapsEnqueued } as const;

async function enqueue(signed: Signed, work: SlackTask): Promise<'kept' | keyof typeof enqueueFailures> {
  try {
    await signed.parts.queue.enqueue(work);
    return 'kept';
  } catch (error) {
    warn(signed, 'slack_not_enqueued', error);
    return error instanceof EnqueueUncertainError ? 'perhaps' : 'not';
  }
}

function isAnswerable(signed: Signed, responseUrl: string): boolean {
  const url = readResponseUrl(responseUrl, signed.parts.responseOrigin);
  if (url instanceof URL) return true;
  warn(signed, `slack_response_url_${url}`);
  return false;
}

/** The answer to a signed request that is not in the documented form, for the person who set the app up. */
function unusable(signed: Signed, fault: FormFault): Response {
  warn(signed, `slack_form_${fault}`);
  return signed.context.text(formFaults[fault], 400);
}

function warn({ context, parts }: Signed, event: string, error?: unknown): void {
  const request_id = context.get('requestId');
  parts.log({ level: 'warn', event, request_id, ...(error === undefined ? {} : { error: nameOf(error) }) });
}
