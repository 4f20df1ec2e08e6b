import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

/** A stand-in for AWS Secrets Manager on loopback, for the real client: `AWS_ENDPOINT_URL_SECRETS_MANAGER` leads to it. */
export interface SecretsServer {
  readonly url: string;
  /** The name of every secret that was asked for, in order, since the last {@link SecretsServer.reset}. */
  readonly requests: readonly string[];
  /** Sets a secret; `undefined` removes it. */
  set(name: string, value: string | undefined): void;
  /** From now on a question about this secret is answered with an error of AWS, or, with `undefined`, as before. */
  fail(name: string, error: SecretError | undefined): void;
  /** From now on a secret that is not there is answered as AWS does to a role which may not read its bare name. */
  denyAbsent(): void;
  /** From now on no question is answered, or, with `false`, each again. */
  hang(on: boolean): void;
  /** Holds what it held at first again, answers every question, and forgets those that were asked. */
  reset(): void;
  close(): Promise<void>;
}

/** An error of AWS: its type and what it says. */
export interface SecretError {
  readonly type: string;
  readonly message: string;
}

/** What AWS says to a role of which no policy allows to read a secret. It says the same of one that is not there. */
export function notAllowed(name: string): SecretError {
  const action = 'secretsmanager:GetSecretValue';
  return {
    type: 'AccessDeniedException',
    message: `User: arn:aws:sts::1:assumed-role/api is not authorized to perform: ${action} on resource: ${name} because no identity-based policy allows the ${action} action`,
  };
}

function notFound(_name: string): SecretError {
  return { type: 'ResourceNotFoundException', message: 'there is no such secret' };
}

const question = z.looseObject({ SecretId: z.string() });

/** Starts one that holds `secrets`, on a free port of 127.0.0.1. It answers `GetSecretValue` and nothing else. */
export async function startSecretsServer(
  secrets: Readonly<Record<string, string | undefined>> = {},
): Promise<SecretsServer> {
  let kept = new Map(Object.entries(secrets));
  let requests: string[] = [];
  const failing = new Map<string, SecretError>();
  let hanging = false;
  let absent = notFound;
  const server = createServer(async (request, response) => {
    const asked = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
    const name = question.parse(await json(request)).SecretId;
    requests.push(name);
    if (hanging) return;
    const SecretString = asked ? kept.get(name) : undefined;
    const error = failing.get(name) ?? (SecretString === undefined ? absent(name) : undefined);
    const answer =
      error === undefined
        ? { ARN: `arn:aws:secretsmanager:eu-central-1:0:secret:${name}`, Name: name, SecretString }
        : { __type: error.type, Message: error.message };
    response.writeHead(error === undefined ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    set: (name, value) => void kept.set(name, value),
    fail: (name, error) => {
      if (error === undefined) failing.delete(name);
      else failing.set(name, error);
    },
    denyAbsent: () => {
      absent = notAllowed;
    },
    hang: (on) => {
      hanging = on;
    },
    reset() {
      kept = new Map(Object.entries(secrets));
      requests = [];
      failing.clear();
      hanging = false;
      absent = notFound;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
