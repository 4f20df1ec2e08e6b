import { SendMessageCommand, SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { EnqueueUncertainError, type SlackTask, type TaskQueue } from '../slack/tasks/task.ts';

/** How long one send may take, attempts and all: Slack waits three seconds, and secrets may have to be read before. */
const longestSendMs = 1_500;

/** The queue on AWS, in the region and with the role of the process. Nothing is sent until it is used. */
export class SqsQueue implements TaskQueue {
  readonly #queueUrl: string;
  readonly #client = new SQSClient({
    maxAttempts: 3,
    // Without `throwOnRequestTimeout` the client only warns when a request takes longer.
    requestHandler: { requestTimeout: 700, connectionTimeout: 700, throwOnRequestTimeout: true },
  });

  constructor(queueUrl: string) {
    this.#queueUrl = queueUrl;
  }

  /**
   * Resolves when SQS has the work. It may have it more than once: it is the same work by its id.
   * @throws {EnqueueUncertainError} where an attempt was made whose end nobody saw.
   * @throws {Error} the client's own, where SQS refused: then it has nothing.
   */
  async hand(work: SlackTask): Promise<void> {
    const message = new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: JSON.stringify(work) });
    try {
      await this.#client.send(message, { abortSignal: AbortSignal.timeout(longestSendMs) });
    } catch (error) {
      throw wasRefused(error) ? error : new EnqueueUncertainError();
    }
  }
}

/** Whether the only attempt was answered with a no. Behind an attempt that was lost, a later no says nothing. */
function wasRefused(error: unknown): boolean {
  return error instanceof SQSServiceException && error.$fault === 'client' && error.$metadata.attempts === 1;
}
