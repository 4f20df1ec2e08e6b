import { createInterface } from 'node:readline/promises';
import type { ConsentAnswer } from '../../shared/cancellation/request-context.ts';

/**
 * Asks the person at the terminal. Anything but a yes is a no; Ctrl-C, the end of the input and the end of the call are no
 * answer. The question is made only if there is a terminal. `prompt`: what a yes does, behind the question.
 */
export async function askPerson(
  makeQuestion: () => Promise<string>,
  signal: AbortSignal | undefined,
  prompt = 'Cancel them?',
): Promise<Exclude<ConsentAnswer, 'cooldown'>> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'unavailable';
  process.stderr.write(`${await makeQuestion()}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
    const asked = terminal.question(`${prompt} [y/N] `, { signal }).catch(() => undefined);
    const answer = await Promise.race([asked, closed]);
    if (answer === undefined) {
      process.stderr.write('\n');
      return 'no_answer';
    }
    return /^y(es)?$/i.test(answer.trim()) ? 'agreed' : 'declined';
  } finally {
    terminal.close();
  }
}
