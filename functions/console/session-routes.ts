import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import * as z from 'zod';
import type { Identity, NoCaller, Sessions } from '../../shared/access/authenticator.ts';
import type { Caller } from '../../shared/access/caller.ts';
import type { Result } from '../../shared/contract/result.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { readRequest } from '../http/input.ts';
import { problem, problemOf } from '../http/problem.ts';
import { isFromThisSite } from './same-site.ts';
import type { SignInCodes } from './sign-in-codes.ts';

/** The parts of sessions. */
export interface SessionParts {
  readonly sessions: Sessions;
  readonly codes?: SignInCodes | undefined;
  /** The address under which people reach the page, if it is set. */
  readonly publicUrl?: URL | undefined;
}

type AppContext = Context<HonoEnvironment>;

/** The cookie of a session. */
const cookieName = 'calloff_session';

/** A token and the JSON around it are far shorter, in bytes. */
const largestSignIn = 4_096;

/** What signs in: a token, or the code of a printed link. */
const signInRequest = z.union([
  z.strictObject({ token: z.string().min(1).max(512) }),
  z.strictObject({ code: z.string().min(1).max(64) }),
]);

/** Whether the request carries a session, and no token, which would count instead. */
export function hasSession(context: AppContext): boolean {
  return context.req.header('authorization') === undefined && getCookie(context, cookieName) !== undefined;
}

/** The caller of the request's session. `foreign`: it would change something, and comes from another site. */
export async function callerOfSession(
  context: AppContext,
  { sessions, publicUrl }: SessionParts,
): Promise<Identity | 'foreign'> {
  const isReading = context.req.method === 'GET' || context.req.method === 'HEAD';
  if (!isReading && !isFromThisSite(originOf(context, publicUrl))) return 'foreign';
  const identity = await sessions.identifySession(getCookie(context, cookieName) ?? '');
  return typeof identity === 'object' && identity.kind === 'agent' ? 'rejected' : identity;
}

/** Serves what opens and closes sessions. Only the opening needs no caller. */
export function serveSessions(app: Hono<HonoEnvironment>, parts: SessionParts): void {
  const limit = bodyLimit({
    maxSize: largestSignIn,
    onError: (context: AppContext) => problem(context, 'body-too-large'),
  });
  app.post('/v1/session', limit, (context) => openSession(context, parts));
}

/** Serves who the caller is, and what ends the session; behind the authentication. */
export function serveOwnSession(app: Hono<HonoEnvironment>): void {
  app.get('/v1/session', (context) => context.json(viewOf(context.get('caller'))));
  app.delete('/v1/session', (context) => {
    deleteCookie(context, cookieName, { path: '/' });
    return context.json({ signed_out: true });
  });
}

async function openSession(context: AppContext, parts: SessionParts): Promise<Response> {
  const { codes, sessions, publicUrl } = parts;
  const hasOrigin = ['sec-fetch-site', 'origin'].some((name) => context.req.header(name) !== undefined);
  if (hasOrigin && !isFromThisSite(originOf(context, publicUrl))) return problem(context, 'foreign-site');
  const read = await readRequest.body(context.req);
  const asked = read.ok ? parsed(read.value) : read;
  if (!asked.ok) return problem(context, problemOf(asked.faults), asked.faults);
  const token = 'token' in asked.value ? asked.value.token : codes?.take(asked.value.code);
  const opened: Awaited<ReturnType<Sessions['openSession']>> =
    token === undefined ? 'rejected' : await sessions.openSession(`Bearer ${token}`);
  if (typeof opened === 'string') return refuseSession(context, opened, 'code' in asked.value);
  if (opened.caller.kind === 'agent') return problem(context, 'agent-session');
  setCookie(context, cookieName, opened.cookie, {
    ...{ httpOnly: true, sameSite: 'Strict', path: '/', secure: !isLoopback(context.req.header('host')) },
    expires: new Date(opened.endsAt),
  });
  return context.json({ ...viewOf(opened.caller), expires_at: timestamp(opened.endsAt) });
}

function parsed(value: object): Result<z.infer<typeof signInRequest>> {
  const { data } = signInRequest.safeParse(value);
  return data === undefined
    ? {
        ok: false,
        faults: [{ path: '', kind: 'invalid', message: 'must be {"token": "…"} or {"code": "…"}' }],
      }
    : { ok: true, value: data };
}

function refuseSession(context: AppContext, why: NoCaller, isCode: boolean): Response {
  if (why === 'unconfigured') return problem(context, 'not-configured');
  return problem(context, isCode ? 'used-link' : 'unauthorized');
}

function viewOf({ id, kind, rights }: Caller) {
  return { caller: id, kind, actions: rights.actions, connections: rights.connections };
}

function originOf(context: AppContext, publicUrl: URL | undefined) {
  const { req } = context;
  return {
    ...{ fetchSite: req.header('sec-fetch-site'), origin: req.header('origin'), host: req.header('host') },
    publicUrl,
  };
}

/** Whether the browser asked this machine itself, where a cookie may travel without TLS. */
function isLoopback(host = ''): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
}
