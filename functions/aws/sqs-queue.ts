import { SQSServiceException } from '@aws-sdk/client-sqs';
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
   * @throws {Error} the client's own error, if SQS refused: then it does not have the task.
   */
  async enqueue(work: SlackTask): Promise<void> {
    try {
      await this.#sender.send(JSON.stringify(work));
    } catch (error) {
      throw wasRefused(error) ? error : new EnqueueUncertainError();
    }
  }
}

/** Whether SQS refused the only attempt. A refusal after a lost attempt proves nothing about the lost one. */
function wasRefused(error: unknown): boolean {
  return error instanceof SQSServiceException && error.$fault === 'client' && error.$metadata.attempts === 1;
}
