import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { GatewayEvent } from './events.ts';

const answerSchema = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()).optional(),
  multiValueHeaders: z.record(z.string(), z.array(z.string())).optional(),
  cookies: z.array(z.string()).default([]),
  body: z.string(),
  isBase64Encoded: z.boolean(),
});
const messageSchema = z.object({ id: z.number(), answer: z.unknown(), loaded: z.array(z.string()) });

/** What a function answered, its headers made one form. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What payload format 2.0 has instead of `set-cookie`. */
  readonly cookies: readonly string[];
  /** Empty if the answer is not text. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** A process that stands in for Lambda: it loads a bundle and calls its handler. */
export interface Lambda {
  invoke(event: GatewayEvent | object): Promise<Answer>;
  /** Calls it with the event of another source, and gives what it returned. `limitMs`: how long the function may take. */
  call(event: object, limitMs?: number): Promise<unknown>;
  /** Puts both clocks of the process forward: time passes. */
  forward(ms: number): void;
  /** All that the process wrote, to both streams, since the last {@link Lambda.forgetOutput}. */
  output(): string;
  /** Forgets what the process has written. */
  forgetOutput(): void;
  /** What it wrote to standard output since then, line by line. */
  logLines(): string[];
  /** The files that it had loaded when it last answered. */
  loaded(): readonly string[];
  /** The exit code, once the process has ended by itself. */
  readonly ended: Promise<number | null>;
  stop(): void;
}

/** What Lambda's own runtime does, as far as it matters here; and a clock that can be put forward. */
const runtime = `
import { flushCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
const loaded = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) loaded.push(fileURLToPath(url));
    return next(url, context);
  },
});
const now = Date.now;
let forwardMs = 0;
Date.now = () => now() + forwardMs;
const monotonic = performance.now.bind(performance);
performance.now = () => monotonic() + forwardMs;
const { handler } = await import(process.env.HANDLER_URL);
if (handler.length > 2) throw new Error('Runtime.CallbackHandlerDeprecated');
process.once('SIGTERM', () => {
  flushCompileCache();
  process.kill(process.pid, 'SIGKILL');
});
process.on('message', async ({ id, event, ms = 0, limitMs = 29_000 }) => {
  forwardMs += ms;
  if (event === undefined) return;
  const endsAt = performance.now() + limitMs;
  const context = {
    functionName: 'calloff-dev-api',
    awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  };
  process.send({ id, answer: (await handler(event, context)) ?? null, loaded });
});
`;

/** Starts one, with the variables that Lambda sets and those given. */
export function startLambda(bundle: string, environment: Readonly<Record<string, string>>): Lambda {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', runtime], {
    env: {
      HANDLER_URL: pathToFileURL(bundle).href,
      // The many that tests start begin sooner.
      NODE_COMPILE_CACHE: join(tmpdir(), 'calloff-test-compile-cache'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'an-access-key-id',
      AWS_SECRET_ACCESS_KEY: 'a-secret-access-key',
      AWS_SESSION_TOKEN: 'a-session-token',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let out = '';
  let err = '';
  let loaded: readonly string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  child.on('message', (message) => {
    const { id, answer, loaded: files } = messageSchema.parse(message);
    loaded = files;
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ended: ${err}`));
  });
  let calls = 0;
  function call(event: object, limitMs?: number): Promise<unknown> {
    calls += 1;
    const id = calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ id, event, limitMs });
    });
  }
  return {
    invoke: async (event) => readAnswer(answerSchema.parse(await call(event))),
    call,
    forward: (ms) => {
      child.send({ ms });
    },
    output: () => out + err,
    forgetOutput: () => {
      out = '';
      err = '';
    },
    logLines: () => out.split('\n').filter((line) => line !== ''),
    loaded: () => loaded,
    ended,
    stop: () => {
      child.kill();
    },
  };
}

function readAnswer({
  statusCode,
  headers,
  multiValueHeaders = {},
  cookies,
  body,
  isBase64Encoded,
}: z.infer<typeof answerSchema>): Answer {
  const single = Object.entries(multiValueHeaders).map(([name, values]) => [name, values.join(', ')]);
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const text = isBase64Encoded ? '' : body;
  return { status: statusCode, headers: headers ?? Object.fromEntries(single), cookies, text, bytes };
}
