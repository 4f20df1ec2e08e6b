import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { claimOf } from '../../shared/access/session.ts';
import type { OpenedSession, Sessions } from '../../shared/access/sessions.ts';

/** Off loopback only this server itself, by TLS, can set such a cookie, for no other host. @see https://www.rfc-editor.org/rfc/rfc6265 */
const hostPrefix = '__Host-';
/** A host name has one jar for all ports and paths, so the name says whose session it is. */
const form = /^(?:__Host-)?calloff-[\w-]{8}$/;
/** So many sessions of other installations a browser keeps. The end of a header of cookies is about a hundred. */
const mostOthers = 8;

/** A cookie with what may be a session. */
export interface SessionCookie {
  readonly name: string;
  readonly value: string;
}

/**
 * The cookies that may hold a session of this installation, those that only it can have set first. The MAC tells which one is
 * its own. `mayBePlain`: whether those count that a page without TLS on this machine has.
 */
export function sessionCookiesOf(context: Context, mayBePlain: boolean): SessionCookie[] {
  return allCookies(context)
    .filter((cookie) => mayBePlain || !isPlainName(cookie))
    .toSorted((one, other) => Number(isPlainName(one)) - Number(isPlainName(other)));
}

/**
 * Gives a browser its session. `isPlain`: the page stands on this machine, without TLS. Of very many others it forgets those
 * that end first, because each request carries all.
 */
export function keepSession(
  context: Context,
  { cookie, endsAt, tag }: OpenedSession,
  isPlain: boolean,
): void {
  const name = `${isPlain ? '' : hostPrefix}calloff-${tag}`;
  for (const other of allCookies(context)
    .filter((each) => each.name !== name)
    .toSorted((one, two) => endOf(two) - endOf(one))
    .slice(mostOthers))
    forget(context, other);
  setCookie(context, name, cookie, {
    ...{ httpOnly: true, sameSite: 'Strict', path: '/', secure: !isPlain },
    expires: new Date(endsAt),
  });
}

/** Takes the sessions of this installation out of the browser; those of others stay. */
export async function forgetSessions(
  context: Context,
  cookies: readonly SessionCookie[],
  sessions: Sessions,
): Promise<void> {
  for (const cookie of cookies)
    if ((await sessions.identifySession(cookie.value)) !== 'rejected') forget(context, cookie);
}

function allCookies(context: Context): SessionCookie[] {
  const named = Object.entries(getCookie(context)).filter(([name]) => form.test(name));
  return named.map(([name, value]) => ({ name, value }));
}

function isPlainName({ name }: SessionCookie): boolean {
  return !name.startsWith(hostPrefix);
}

function endOf({ value }: SessionCookie): number {
  return claimOf(value)?.endsAt ?? 0;
}

function forget(context: Context, cookie: SessionCookie): void {
  deleteCookie(context, cookie.name, { path: '/', secure: !isPlainName(cookie) });
}
