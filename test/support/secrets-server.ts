import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

/** A stand-in for AWS Secrets Manager on loopback, for the real client: `AWS_ENDPOINT_URL_SECRETS_MANAGER` leads to it. */
export interface SecretsServer {
  readonly url: string;
  /** The name of every secret that was asked for, in order. */
  readonly requests: readonly string[];
  /** Sets a secret; `undefined` removes it. */
  set(name: string, value: string | undefined): void;
  /** From now on no question is answered, or, with `false`, each again. */
  hang(on: boolean): void;
  close(): Promise<void>;
}

const question = z.looseObject({ SecretId: z.string() });

/** Starts one that holds `secrets`, on a free port of 127.0.0.1. It answers `GetSecretValue` and nothing else. */
export async function startSecretsServer(
  secrets: Readonly<Record<string, string | undefined>> = {},
): Promise<SecretsServer> {
  const kept = new Map(Object.entries(secrets));
  const requests: string[] = [];
  let hanging = false;
  const server = createServer(async (request, response) => {
    const asked = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
    const name = question.parse(await json(request)).SecretId;
    requests.push(name);
    if (hanging) return;
    const SecretString = asked ? kept.get(name) : undefined;
    const answer =
      SecretString === undefined
        ? { __type: 'ResourceNotFoundException', Message: 'there is no such secret' }
        : { ARN: `arn:aws:secretsmanager:eu-central-1:0:secret:${name}`, Name: name, SecretString };
    response.writeHead(SecretString === undefined ? 400 : 200, {
      'content-type': 'application/x-amz-json-1.1',
    });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    set: (name, value) => void kept.set(name, value),
    hang: (on) => {
      hanging = on;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
