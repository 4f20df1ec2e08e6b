import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** What is used of `fauxqs`, which the referees' package brings: its app, to be bound to this machine only. */
interface Fauxqs {
  buildApp(options: { readonly logger: boolean }): {
    listen(options: { readonly port: number; readonly host: string }): Promise<string>;
    close(): Promise<void>;
  };
}

/** The referees live in a package of their own, which `npm test` installs. */
const fauxqs = pathToFileURL(join(import.meta.dirname, '../../referees/node_modules/fauxqs/dist/app.js'));

/** A stand-in for SQS on loopback with one queue, and what a poller of Lambda does there, by the real client. */
export interface SqsServer {
  readonly queueUrl: string;
  /** Up to ten messages that wait, out of sight of others from now on. */
  receive(): Promise<readonly Message[]>;
  /** How many messages wait for their time. */
  delayed(): Promise<number>;
  remove(messages: readonly Message[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startSqsServer(): Promise<SqsServer> {
  const { buildApp }: Fauxqs = await import(fauxqs.href);
  const app = buildApp({ logger: false });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const credentials = { accessKeyId: 'an-access-key-id', secretAccessKey: 'not-checked' };
  const client = new SQSClient({ endpoint: url, region: 'eu-central-1', credentials });
  await client.send(new CreateQueueCommand({ QueueName: 'calloff' }));
  // Its own URL of the queue has the host `sqs.<region>.localhost`, which need not lead to this machine.
  const QueueUrl = `${url}/000000000000/calloff`;
  return {
    queueUrl: QueueUrl,
    async receive() {
      const asked = new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 150 },
        MessageSystemAttributeNames: ['All'],
      });
      return (await client.send(asked)).Messages ?? [];
    },
    async delayed() {
      const AttributeName = 'ApproximateNumberOfMessagesDelayed';
      const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [AttributeName] });
      return Number((await client.send(asked)).Attributes?.[AttributeName]);
    },
    async remove(messages) {
      const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
      if (Entries.length > 0) await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    },
    async close() {
      client.destroy();
      await app.close();
    },
  };
}
