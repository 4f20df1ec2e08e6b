import { EnqueueUncertainError, type SlackTask, type TaskQueue } from '../slack/tasks/task.ts';
import { SqsSender } from './sqs-sender.ts';

/** The queue of Slack's tasks on AWS. Opening it sends nothing. */
export class SqsQueue implements TaskQueue {
  readonly #sender: SqsSender;

  constructor(queueUrl: string) {
    this.#sender = new SqsSender(queueUrl);
  }

  /**
   * Resolves when SQS has the task, possibly more than once, under the same id.
   * @throws {EnqueueUncertainError} if the result of an attempt is unknown.
   * @throws {Error} if SQS refused: then it does not have the task.
   */
  async enqueue(work: SlackTask, delayMs = 0): Promise<void> {
    const { kind } = await this.#sender.send(JSON.stringify(work), Math.ceil(delayMs / 1_000));
    if (kind === 'perhaps') throw new EnqueueUncertainError();
    if (kind === 'refused') throw new Error('SQS refused the task');
  }
}
