import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Caller } from '../../shared/access/caller.ts';
import { mayDoAnything } from '../../shared/access/policy.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ConfigurationSource } from '../../shared/config/configuration-source.ts';
import { type Log, nameOf } from '../../shared/log.ts';
import type { Environment } from '../http/environment.ts';
import type { Action } from './actions.ts';
import { admit } from './admission.ts';
import { faultCard, helpCard, notice, refusalNotice } from './cards/notices.ts';
import { type Command, type CommandFault, readCommandText } from './command-text.ts';
import { type FormFault, largestForm } from './form.ts';
import { type Press, readInteraction } from './interaction.ts';
import type { SlackMessage } from './message.ts';
import { distinctJobs } from './once.ts';
import { readResponseUrl } from './response-url.ts';
import { readSlashCommand, type SlashCommand } from './slash-command.ts';
import { verifySlackRequest } from './verify.ts';
import { formFaults, httpFaults, refusals, sentences } from './wording.ts';
import { PerhapsHandedError, type Work, type WorkQueue } from './work.ts';

/** What answers Slack. None of it asks a provider. */
export interface SlackParts {
  /** The signing secrets that may have signed; none where this installation has no Slack app. */
  secrets(): Promise<readonly string[] | 'unreadable'>;
  readonly configuration: ConfigurationSource;
  readonly queue: WorkQueue;
  /** A loopback origin in the place of Slack's own. */
  readonly responseOrigin?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What Slack posts to, to be put at `/slack` into a base app: `/commands` and `/interactions`. Nothing is parsed that was
 * not signed; what is, is answered at once, and the work is handed on. Without a signing secret there is nothing here.
 */
export function slackRoutes(parts: SlackParts): Hono<Environment> {
  const app = new Hono<Environment>();
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
  readonly context: Context<Environment>;
  readonly parts: SlackParts;
  readonly body: Uint8Array;
  readonly id: string;
}

async function onlySigned(
  context: Context<Environment>,
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
  const caller = admit(who, configuration);
  if (typeof caller === 'string') {
    warn(signed, `slack_refused_${caller}`);
    return context.json(refusalNotice([refusals[caller](who)]));
  }
  const connections = configuration === 'unreadable' ? [] : configuration.connections.map(({ name }) => name);
  const command = readCommandText(text, connections);
  const isHidden = (name = '') => connections.includes(name) && !mayDoAnything(caller, name);
  if (command.kind === 'help') return context.json(helpCard(connections.filter((name) => !isHidden(name))));
  if (command.kind === 'fault')
    return context.json(faultCard(command.faults.map((fault) => withoutHint(fault, isHidden))));
  return context.json(await takeCommand(signed, read.value, command, caller));
}

/** A fault that suggests no name which is not to be told. */
function withoutHint(fault: CommandFault, isHidden: (name?: string) => boolean): CommandFault {
  return 'nearest' in fault && isHidden(fault.nearest) ? { ...fault, nearest: undefined } : fault;
}

type Handed = Exclude<Command, { readonly kind: 'help' | 'fault' }>;

async function takeCommand(
  signed: Signed,
  { who, responseUrl }: SlashCommand,
  command: Handed,
  caller: Caller,
): Promise<SlackMessage> {
  if (!isAnswerable(signed, responseUrl)) return notice(sentences.noWayBack);
  const { maxJobs } = caller.rights;
  const jobs = command.kind === 'cancel' ? distinctJobs(command.jobs).length : 0;
  if (jobs > maxJobs) return refusalNotice([sentences.tooMany(maxJobs, jobs)]);
  const handed = await hand(signed, { ...commonOf(signed, who, responseUrl), ...deedOf(command) });
  return notice(handed === 'kept' ? acknowledgement(command, jobs) : unhanded[handed]);
}

/** Slack shows nothing of the answer to a press: whatever there is to say goes through the response URL. */
async function answerInteraction(signed: Signed): Promise<Response> {
  const { context } = signed;
  const read = readInteraction(signed.body);
  if (!read.ok) return unusable(signed, read.fault);
  if (read.value.kind !== 'press') return context.body(null, 200);
  const { who, responseUrl, action }: Press = read.value;
  if (!isAnswerable(signed, responseUrl)) return context.body(null, 200);
  const handed = await hand(signed, { ...commonOf(signed, who, responseUrl), ...pressedDeed(action) });
  return handed === 'kept' ? context.body(null, 200) : context.text(httpFaults.busy, 503);
}

type Common = Pick<Work, 'id' | 'request_id' | 'who' | 'response_url' | 'issued_at'>;

function commonOf({ id, context, parts }: Signed, who: Work['who'], responseUrl: string): Common {
  const request_id = context.get('requestId');
  return { id, request_id, who, response_url: responseUrl, issued_at: parts.clock.wallTime() };
}

function deedOf(command: Handed) {
  switch (command.kind) {
    case 'cancel':
      return { kind: command.kind, jobs: [...command.jobs], reason: command.reason };
    case 'list':
      return command;
    case 'confirm':
    case 'show':
      return { kind: 'show' as const, confirmation: command.confirmation };
  }
}

function pressedDeed(action: Action) {
  return action.kind === 'stop' ? { kind: 'cancel' as const, jobs: [action.job] } : action;
}

function acknowledgement({ kind }: Handed, jobs: number): string {
  if (kind !== 'cancel') return kind === 'list' ? sentences.lookingForJobs : sentences.lookingUp;
  return jobs === 1 ? sentences.working(jobs) : sentences.looking(jobs);
}

const unhanded = { not: sentences.notHandedOn, perhaps: sentences.perhapsHandedOn } as const;

async function hand(signed: Signed, work: Work): Promise<'kept' | keyof typeof unhanded> {
  try {
    await signed.parts.queue.hand(work);
    return 'kept';
  } catch (error) {
    warn(signed, 'slack_not_handed_on', error);
    return error instanceof PerhapsHandedError ? 'perhaps' : 'not';
  }
}

function isAnswerable(signed: Signed, responseUrl: string): boolean {
  const url = readResponseUrl(responseUrl, signed.parts.responseOrigin);
  if (url instanceof URL) return true;
  warn(signed, `slack_response_url_${url}`);
  return false;
}

/** Signed, and not shaped as Slack documents it: for whoever set the app up. */
function unusable(signed: Signed, fault: FormFault): Response {
  warn(signed, `slack_form_${fault}`);
  return signed.context.text(formFaults[fault], 400);
}

function warn({ context, parts }: Signed, event: string, error?: unknown): void {
  const request_id = context.get('requestId');
  parts.log({ level: 'warn', event, request_id, ...(error === undefined ? {} : { error: nameOf(error) }) });
}
