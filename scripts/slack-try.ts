import { createInterface } from 'node:readline/promises';
import { actionIds } from '../functions/slack/inbound/actions.ts';
import { cardText, type ShownButton } from './slack-try/card-text.ts';
import { type Exchange, sendCommand, sendPress } from './slack-try/exchange.ts';
import { readSession, type Session, writeSession } from './slack-try/session.ts';

const usage = `Start it in one terminal, without
CALLOFF_CONFIG and without
SLACK_SIGNING_SECRET:               npm start
Then, in another, what you would type behind /calloff:
                                    npm run slack:try -- "list running"
and press a button of what it showed last, by its number or its kind:
                                    npm run slack:try -- --press 2
                                    npm run slack:try -- --press confirm
`;

/** Shows a message, and keeps its buttons to be pressed. */
function show(session: Session, title: string, message: unknown): Session {
  const { lines, buttons } = cardText(message);
  const text = lines.length === 0 ? [String(message) || '(nothing)'] : lines;
  process.stdout.write(`\n${title}\n${text.map((line) => `  ${line}`).join('\n')}\n`);
  return buttons.length === 0 ? session : { ...session, buttons: [...buttons] };
}

async function showAll(session: Session, { status, answer, later }: Exchange): Promise<Session> {
  let current = show(session, `At once (HTTP ${status}):`, answer);
  for await (const message of later) current = show(current, 'Later, in the channel:', message);
  writeSession(current);
  return current;
}

/** The button with this name: `2`, `confirm`, or `stop:2` for the second of its kind. */
function buttonNamed(what: string, buttons: readonly ShownButton[]): ShownButton | undefined {
  if (/^\d+$/.test(what)) return buttons[Number(what) - 1];
  const [kind = '', nth = '1'] = what.split(':');
  const action = new Map(Object.entries(actionIds)).get(kind);
  return buttons.filter(({ action_id }) => action_id === action)[Number(nth) - 1];
}

async function press(session: Session, what: string): Promise<Session> {
  const button = buttonNamed(what, session.buttons);
  if (button !== undefined) return showAll(session, await sendPress(session, button));
  process.stderr.write(`There is no button "${what}" on what was shown last.\n`);
  process.exitCode = 2;
  return session;
}

/** On a terminal, asks which button to press while new messages have buttons. */
async function pressOnAndOn(before: Session, after: Session): Promise<void> {
  if (!process.stdin.isTTY || before.buttons === after.buttons) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const what = await terminal.question('\nPress a button by its number (Enter for none): ');
  terminal.close();
  if (what.trim() !== '') await pressOnAndOn(after, await press(after, what.trim()));
}

const [first = '', ...rest] = process.argv.slice(2);
const session = readSession();
if (first === '' || session === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const after =
    first === '--press'
      ? await press(session, rest.join(' '))
      : await showAll(session, await sendCommand(session, [first, ...rest].join(' ')));
  await pressOnAndOn(session, after);
}
