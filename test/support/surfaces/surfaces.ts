import { connect } from 'node:net';
import { handle } from 'hono/aws-lambda';
import type * as z from 'zod';
import { readableEvent } from '../../../functions/aws/event.ts';
import type { GatewayEvent } from '../../../functions/aws/route-path.ts';
import { createApp } from '../../../functions/http/app.ts';
import { callerOfOneToken } from '../../../shared/access/authenticator.ts';
import type { ConnectionSettings } from '../../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../../shared/config/secrets/credentials.ts';
import { outcomeSchema } from '../../../shared/contract/answers/outcome-schema.ts';
import { oneResultSchema } from '../../../shared/contract/answers/responses.ts';
import { statusOf } from '../../../shared/contract/outcome.ts';
import { createGateway } from '../../../shared/gateway.ts';
import { silentLog } from '../../../shared/lib/log.ts';
import { slackLambdaSurfaces } from '../../aws/slack-lambda-surface.ts';
import { eventV1, eventV2, type WireRequest } from '../events.ts';
import { accepted, context, settingsFor } from '../harness.ts';
import { casesAt } from '../thorough.ts';
import { type briefSchema, mcpSurfaces } from './mcp-surfaces.ts';
import { serverFor } from './server.ts';
import { slackSurfaces } from './slack-surface.ts';

/** What a surface is opened on. */
export interface Ground {
  readonly connections: readonly ConnectionSettings[];
  readonly budgetMs: number;
}

/** A cancel of one job, as every surface takes it. */
export interface CancelOne {
  readonly provider: string;
  readonly job_id: string;
  readonly wait_seconds?: number;
  readonly dry_run?: boolean;
  readonly send_if_status_unknown?: boolean;
}

/** A way to reach the service. */
export interface Surface {
  readonly name: string;
  open(ground: Ground): Promise<OpenSurface>;
}

/**
 * What a surface told of one job: all of the outcome, or in a short answer less, but nothing else. `status` is the HTTP
 * status, or the one that would belong to it.
 */
export interface Brief {
  readonly status: number;
  readonly outcome: z.infer<typeof briefSchema>;
}

/** A surface that answers. */
export interface OpenSurface {
  cancel(request: CancelOne): Promise<Brief>;
  /** The same by the call that takes many jobs, where its answer is of another form. */
  cancelAmongMany?(request: CancelOne): Promise<Brief>;
  /** What a caller cannot ask for here, on purpose. */
  readonly omits?: readonly (keyof CancelOne)[];
  close(): Promise<void>;
}

/** A surface that speaks HTTP. */
export interface HttpSurface {
  readonly name: string;
  open(ground: Ground): Promise<OpenHttpSurface>;
}

/** An HTTP surface that answers, without anything between that would tidy up the request. */
export interface OpenHttpSurface {
  send(request: WireRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** An HTTP answer; `headers` in lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The header that lets a caller in. */
export const authorization = { authorization: `Bearer ${settingsFor([]).token}` } as const;

/** Every surface that speaks HTTP. */
export const httpSurfaces: readonly HttpSurface[] = [
  { name: 'API Gateway v1', open: async (ground) => lambda(ground, eventV1) },
  { name: 'API Gateway v2', open: async (ground) => lambda(ground, eventV2) },
  { name: 'the embedded server', open: embedded },
];

/** Every surface there is. A new one is one more entry. */
export const surfaces: readonly Surface[] = [
  { name: 'the gateway', open: gatewayItself },
  ...httpSurfaces.map((surface) => ({
    name: surface.name,
    open: async (ground: Ground) => overHttp(await surface.open(ground)),
  })),
  ...mcpSurfaces,
  ...slackSurfaces,
  // Each is three processes; the other surfaces of Slack are both ways to ask in it.
  ...casesAt(slackLambdaSurfaces, 0),
];

async function gatewayItself({ connections, budgetMs }: Ground): Promise<OpenSurface> {
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs,
  });
  return {
    async cancel(request) {
      const outcome = accepted(await gateway.cancelJob(request, context));
      return { status: statusOf(outcome), outcome };
    },
    close: async () => undefined,
  };
}

function overHttp({ send, close }: OpenHttpSurface): OpenSurface {
  return {
    async cancel({ provider, job_id, ...how }) {
      const target = `/v1/providers/${provider}/jobs/${job_id}/cancel`;
      const answer = await send({
        method: 'POST',
        target,
        headers: authorization,
        body: JSON.stringify(how),
      });
      const { operation: _, ...outcome } = oneResultSchema.parse(JSON.parse(answer.body));
      return { status: answer.status, outcome: outcomeSchema.parse(outcome) };
    },
    close,
  };
}

function lambda(
  { connections, budgetMs }: Ground,
  toEvent: (request: WireRequest) => GatewayEvent,
): OpenHttpSurface {
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs,
  });
  const callers = callerOfOneToken(async () => settingsFor([]).token);
  const answer = handle(createApp({ gateway, callers, log: silentLog, newRequestId: () => 'test' }));
  return {
    async send(request) {
      const { statusCode, headers = {}, body } = await answer(readableEvent(toEvent(request)));
      return { status: statusCode, headers: single(headers), body };
    },
    close: async () => undefined,
  };
}

function single(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

async function embedded({ connections, budgetMs }: Ground): Promise<OpenHttpSurface> {
  const server = await serverFor(settingsFor(connections, budgetMs));
  const port = Number(new URL(server.url).port);
  return { send: (request) => speak(port, request), close: server.stop };
}

/** Speaks HTTP by hand, because `fetch` would resolve dot segments and refuse what it finds odd. */
function speak(port: number, { method, target, headers = {}, body = '' }: WireRequest): Promise<HttpAnswer> {
  const bytes = Buffer.from(body);
  const fields = { host: '127.0.0.1', connection: 'close', 'content-length': bytes.length, ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined));
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString('utf8'))));
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
    socket.write(bytes);
  });
}

function parseAnswer(text: string): HttpAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.split(':', 1)[0]?.toLowerCase() ?? '',
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const body = rest.join('\r\n\r\n');
  const whole = headers['transfer-encoding'] === 'chunked' ? unchunk(body) : body;
  return { status: Number(statusLine.split(' ')[1]), headers, body: whole };
}

function unchunk(text: string): string {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
  return Buffer.concat(parts).toString('utf8');
}
