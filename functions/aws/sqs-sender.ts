import { awsRegion } from '../../shared/config/environment/aws-region.ts';
import { AwsJsonClient } from '../../shared/lib/aws-json-client.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import { retry } from '../../shared/lib/retry.ts';

/** How long one attempt may take: Slack waits three seconds, and secrets may have to be read first. */
const attemptTimeoutMs = 700;
/** No attempt begins later than this, so that a send ends within one and a half seconds. */
const lastAttemptMs = 750;
const mostAttempts = 3;
const pauseMs = 50;

/** The result of a send. `perhaps`: an attempt was lost, and SQS may have the message. `reason` is for a log. */
type Sent = { readonly kind: 'sent' } | { readonly kind: 'refused' | 'perhaps'; readonly reason: string };

/** Sends messages to one queue on AWS, in the region and with the role of the process. Opening it sends nothing. */
export class SqsSender {
  readonly #queueUrl: string;
  readonly #client: AwsJsonClient;

  constructor(queueUrl: string) {
    this.#queueUrl = queueUrl;
    this.#client = new AwsJsonClient({
      ...{ name: 'sqs', target: 'AmazonSQS', region: awsRegion().region, clock },
      ...{ endpoint: new URL(queueUrl), timeoutMs: attemptTimeoutMs },
    });
  }

  /** Sends a message, to be delivered after a delay of at most 900 seconds; SQS may have it more than once then. Never rejects. */
  async send(message: string, delaySeconds = 0): Promise<Sent> {
    const delay = delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds };
    const body = JSON.stringify({ QueueUrl: this.#queueUrl, MessageBody: message, ...delay });
    const until = clock.now() + lastAttemptMs;
    let wasLost = false;
    const last = await retry({
      clock,
      attempt: () => this.#client.send('SendMessage', body),
      pauseAfter({ kind }, count) {
        wasLost ||= kind === 'lost';
        const isAnswered = kind === 'done' || kind === 'refused';
        return isAnswered || count === mostAttempts || clock.now() >= until ? undefined : pauseMs;
      },
    });
    if (last.kind === 'done') return { kind: 'sent' };
    // A refusal after a lost attempt proves nothing about the lost one.
    return { kind: wasLost ? 'perhaps' : 'refused', reason: last.reason };
  }
}
