import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import type { Identity } from '../../shared/access/authenticator.ts';
import type { Caller } from '../../shared/access/caller.ts';
import type { Sessions } from '../../shared/access/sessions.ts';
import { invalid, ok, type Result } from '../../shared/contract/result.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { readRequest } from '../http/input.ts';
import { problem, problemFrom, problemOf } from '../http/problem.ts';
import { consoleProblems } from './problems.ts';
import { isFromThisSite, isOnLoopback, keepsSessions, mayBeOnLoopback } from './same-site.ts';
import { forgetSessions, keepSession, type SessionCookie, sessionCookiesOf } from './session-cookies.ts';
import type { SignInCodes } from './sign-in-codes.ts';

/** The parts of sessions. */
export interface SessionParts {
  readonly sessions: Sessions;
  readonly codes?: SignInCodes | undefined;
  /** The address under which people reach the page, if it is set. */
  readonly publicUrl?: URL | undefined;
}

type AppContext = Context<HonoEnvironment>;

/** A token and the JSON around it are far shorter, in bytes. */
const largestSignIn = 4_096;

/** What signs in: a token, or the code of a printed link. */
const signInRequest = z.union([
  z.strictObject({ token: z.string().min(1).max(512) }),
  z.strictObject({ code: z.string().min(1).max(64) }),
]);

/**
 * The caller of the request's session. A response: the request would change something, and comes from another site.
 * `undefined`: it carries no session, or a token, which counts instead.
 */
export async function callerOfSession(
  context: AppContext,
  { sessions, publicUrl }: SessionParts,
): Promise<Identity | Response | undefined> {
  const cookies = cookiesIn(context, publicUrl);
  if (cookies.length === 0 || context.req.header('authorization') !== undefined) return undefined;
  const isReading = context.req.method === 'GET' || context.req.method === 'HEAD';
  if (!isReading && !isFromThisSite(originOf(context, publicUrl))) return fault(context, 'foreign-site');
  for (const { value } of cookies) {
    const identity = await sessions.identifySession(value);
    if (identity === 'rejected') continue;
    return typeof identity === 'object' && identity.kind === 'agent' ? 'rejected' : identity;
  }
  return 'rejected';
}

/** Serves what opens a session. It needs no caller. */
export function serveSignIn(app: Hono<HonoEnvironment>, parts: SessionParts): void {
  const limit = bodyLimit({
    maxSize: largestSignIn,
    onError: (context: AppContext) => fault(context, 'sign-in-too-large'),
  });
  app.post('/v1/session', limit, (context) => open(context, parts));
}

/** Serves who the caller is, and what ends the session; behind the authentication. */
export function serveOwnSession(app: Hono<HonoEnvironment>, { sessions, publicUrl }: SessionParts): void {
  app.get('/v1/session', (context) => context.json(viewOf(context.get('caller'))));
  app.delete('/v1/session', async (context) => {
    await forgetSessions(context, cookiesIn(context, publicUrl), sessions);
    return context.json({ signed_out: true });
  });
}

async function open(context: AppContext, { codes, sessions, publicUrl }: SessionParts): Promise<Response> {
  const from = originOf(context, publicUrl);
  const isBrowser = from.fetchSite !== undefined || from.origin !== undefined;
  if (isBrowser && !isFromThisSite(from)) return fault(context, 'foreign-site');
  if (!keepsSessions(from)) return fault(context, 'insecure-site');
  const read = await readRequest.body(context.req);
  const asked = read.ok ? parsed(read.value) : read;
  if (!asked.ok) return problem(context, problemOf(asked.faults), asked.faults);
  const token = 'token' in asked.value ? asked.value.token : codes?.take(asked.value.code);
  const opened = token === undefined ? 'rejected' : await sessions.openSession(`Bearer ${token}`);
  if (typeof opened === 'string') return refuse(context, opened, 'code' in asked.value);
  if (opened.caller.kind === 'agent') return fault(context, 'agent-session');
  keepSession(context, opened, isOnLoopback(from));
  return context.json(viewOf(opened.caller));
}

function fault(context: AppContext, type: keyof typeof consoleProblems): Response {
  return problemFrom(context, { type, ...consoleProblems[type] });
}

function parsed(value: object): Result<z.infer<typeof signInRequest>> {
  const { data } = signInRequest.safeParse(value);
  return data === undefined ? invalid('', 'must be {"token": "…"} or {"code": "…"}') : ok(data);
}

function refuse(context: AppContext, why: Exclude<Identity, Caller>, isCode: boolean): Response {
  if (why === 'unconfigured') return problem(context, 'not-configured');
  return fault(context, isCode ? 'used-link' : 'wrong-token');
}

/** Who signed in. When the session ends is no part of it: the page learns that from the first 401. */
function viewOf({ id, kind, rights }: Caller) {
  return { caller: id, kind, actions: rights.actions, connections: rights.connections };
}

function cookiesIn(context: AppContext, publicUrl: URL | undefined): SessionCookie[] {
  return sessionCookiesOf(context, mayBeOnLoopback(originOf(context, publicUrl)));
}

function originOf({ req, env }: AppContext, publicUrl: URL | undefined) {
  const { host = req.header('host'), isSecure } = env?.forwarded ?? {};
  return {
    ...{ fetchSite: req.header('sec-fetch-site'), origin: req.header('origin'), host },
    ...{ isSecure, publicUrl },
  };
}
