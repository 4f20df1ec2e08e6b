import { SendMessageCommand, SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { EnqueueUncertainError, type SlackTask, type TaskQueue } from '../slack/tasks/task.ts';

/** How long one send may take, with all its attempts: Slack waits three seconds, and secrets may have to be read first. */
const longestSendMs = 1_500;

/** The queue on AWS, in the region and with the role of the process. Opening it sends nothing. */
export class SqsQueue implements TaskQueue {
  readonly #queueUrl: string;
  readonly #client = new SQSClient({
    maxAttempts: 3,
    // Without `throwOnRequestTimeout` the client only warns about a request that takes longer.
    requestHandler: { requestTimeout: 700, connectionTimeout: 700, throwOnRequestTimeout: true },
  });

  constructor(queueUrl: string) {
    this.#queueUrl = queueUrl;
  }

  /**
   * Resolves when SQS has the task, possibly more than once, under the same id.
   * @throws {EnqueueUncertainError} if the result of an attempt is unknown.
   * @throws {Error} the client's own error, if SQS refused: then it does not have the task.
   */
  async enqueue(work: SlackTask): Promise<void> {
    const message = new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: JSON.stringify(work) });
    try {
      await this.#client.send(message, { abortSignal: AbortSignal.timeout(longestSendMs) });
    } catch (error) {
      throw wasRefused(error) ? error : new EnqueueUncertainError();
    }
  }
}

/** Whether SQS refused the only attempt. A refusal after a lost attempt proves nothing about the lost one. */
function wasRefused(error: unknown): boolean {
  return error instanceof SQSServiceException && error.$fault === 'client' && error.$metadata.attempts === 1;
}
