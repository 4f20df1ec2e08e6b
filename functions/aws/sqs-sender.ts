import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** How long one send may take, with all its attempts: Slack waits three seconds, and secrets may have to be read first. */
const longestSendMs = 1_500;

/** Sends messages to one queue on AWS, in the region and with the role of the process. Opening it sends nothing. */
export class SqsSender {
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
   * Resolves when SQS has the message, possibly more than once.
   * @throws {Error} the client's own error. SQS may have the message nevertheless.
   */
  async send(body: string): Promise<void> {
    const message = new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: body });
    await this.#client.send(message, { abortSignal: AbortSignal.timeout(longestSendMs) });
  }
}
