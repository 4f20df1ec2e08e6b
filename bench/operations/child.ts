import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';

/** A process of the bench that answers questions one by one. */
export interface Child {
  /** Rejects if the process cannot answer, or ends before it has. */
  ask<Answer>(kind: string, argument: unknown, answer: z.ZodType<Answer>): Promise<Answer>;
  /** Kills the process, and resolves when it is gone. */
  end(): Promise<void>;
}

const questionSchema = z.object({ number: z.number(), kind: z.string(), argument: z.unknown().optional() });
const replySchema = z.object({
  number: z.number(),
  value: z.unknown().optional(),
  error: z.string().optional(),
});
type Reply = z.infer<typeof replySchema>;

/** Starts a file of the bench as a process of its own. `stderr`: where its log goes. */
export function startChild(
  file: URL,
  options: readonly string[] = [],
  stderr: 'inherit' | 'ignore' = 'inherit',
): Child {
  const execArgv = [...process.execArgv, ...options];
  const stdio: StdioOptions = ['inherit', 'inherit', stderr, 'ipc'];
  const child = fork(file, { execArgv, stdio, serialization: 'advanced' });
  const waiting = new Map<number, (reply: Reply | undefined) => void>();
  let count = 0;
  child.on('message', (message) => {
    const reply = replySchema.parse(message);
    waiting.get(reply.number)?.(reply);
    waiting.delete(reply.number);
  });
  child.once('exit', () => {
    for (const settle of waiting.values()) settle(undefined);
  });
  return {
    async ask(kind, argument, answer) {
      count += 1;
      const number = count;
      const replied = new Promise<Reply | undefined>((resolve) => waiting.set(number, resolve));
      child.send({ number, kind, argument });
      const reply = await replied;
      if (reply === undefined) throw new Error(`the process ended before it answered ${kind}`);
      if (reply.error !== undefined) throw new Error(`${kind}: ${reply.error}`);
      return answer.parse(reply.value);
    },
    end: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Answers the questions of the process that started this one, which ends with it. */
export function answerQuestions(answers: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  process.on('message', async (message) => {
    const { number, kind, argument } = questionSchema.parse(message);
    try {
      process.send?.({ number, value: await answers[kind]?.(argument) });
    } catch (error) {
      process.send?.({
        number,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  });
  process.once('disconnect', () => process.exit(1));
}
