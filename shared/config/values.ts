import { resolve } from 'node:path';
import { invalid, ok, type Result } from '../contract/result.ts';
import { isLoopback } from '../http/url-path.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { foreignSecretFault } from './placeholder.ts';

/** Reads a value as it is written. The message of a fault is the end of a sentence that begins with the value's name. */
export type ParseValue<Value> = (text: string) => Result<Value>;

/** A text of this form. */
export function matching(form: RegExp, message: string): ParseValue<string> {
  return (text) => (form.test(text) ? ok(text) : invalid('', message));
}

/** A secret of this form, trimmed. A placeholder, or a text with quotes or a scheme around the secret, is a fault. */
function secretMatching(form: RegExp, message: string): ParseValue<string> {
  return (text) => {
    const secret = text.trim();
    const foreign = foreignSecretFault(secret);
    return foreign === undefined ? matching(form, message)(secret) : invalid('', foreign);
  };
}

/** A whole number in this range. */
export function wholeNumber(least: number, most: number): ParseValue<number> {
  return (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most
      ? ok(value)
      : invalid('', `must be a whole number from ${least} to ${most}`);
  };
}

/** A whole number of seconds, in milliseconds. */
export function seconds(least: number, most: number): ParseValue<number> {
  return (text) => {
    const whole = wholeNumber(least, most)(text);
    return whole.ok ? ok(whole.value * 1_000) : whole;
  };
}

const parseVisible = secretMatching(
  /^[\x21-\x7e]+$/,
  'must be visible ASCII characters without spaces or line breaks',
);

/**
 * A key. One with a line break or another invisible character would make `fetch` print it in an error. A key that is a JSON
 * object may have them between its parts: it is written without.
 */
export const parseKey: ParseValue<string> = (text) => {
  if (!text.trimStart().startsWith('{')) return parseVisible(text);
  const value = parseJson(text);
  if (isObject(value)) return parseVisible(JSON.stringify(value));
  const foreign = foreignSecretFault(text);
  return invalid('', foreign ?? 'begins as JSON and is none');
};

/** A token for the HTTP API: too long to guess, and of characters that a header can hold. */
export const parseToken = secretMatching(
  /^[\x21-\x7e]{16,512}$/,
  'must be 16 to 512 visible ASCII characters without spaces',
);

/** A pepper, too long to guess. */
export const parsePepper = secretMatching(
  /^[\x21-\x7e]{32,}$/,
  'must be at least 32 visible ASCII characters without spaces',
);

/** The shortest signing secret, in characters: with an empty one, anyone can sign. */
export const shortestSigningSecret = 16;

/** Slack's signing secret: 32 lower-case hexadecimal digits as Slack issues them, or whatever it issues next. */
export const parseSigningSecret = secretMatching(
  new RegExp(`^[\\x21-\\x7e]{${shortestSigningSecret},}$`),
  `must be the signing secret of the Slack app: at least ${shortestSigningSecret} visible ASCII characters`,
);

/** A base URL: `https`, or `http` on loopback; without user info, query or fragment. */
export function parseBaseUrl(text: string): Result<string> {
  const url = parseOwnUrl(text);
  if (!url.ok) return url;
  if (/[?#]/.test(text)) return invalid('', 'must not contain a query or a fragment');
  return ok(url.value.href.replace(/\/+$/, ''));
}

/** The URL of a webhook: `https`, or `http` on loopback; without user info or fragment. Some receivers need a query. */
export function parseWebhookUrl(text: string): Result<string> {
  const url = parseOwnUrl(text);
  if (!url.ok) return url;
  return text.includes('#') ? invalid('', 'must not contain a fragment') : ok(url.value.href);
}

/** The URL of an incoming webhook of Slack; for trying and tests also one on loopback. */
export function parseSlackWebhookUrl(text: string): Result<string> {
  const url = parseWebhookUrl(text);
  const isSlack = url.ok && new URL(url.value).origin === 'https://hooks.slack.com';
  const isOwn = url.ok && isLoopback(new URL(url.value));
  return isSlack || isOwn
    ? url
    : invalid(
        '',
        'must be the URL of an incoming webhook of Slack, such as https://hooks.slack.com/services/…',
      );
}

/** The operator's own URL: `https`, or `http` on loopback; without user info. */
function parseOwnUrl(text: string): Result<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return invalid('', 'must be a URL, such as https://api.example.com/v1');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    return invalid('', 'must begin with https:// (http:// only on 127.0.0.1, localhost or [::1])');
  if (url.username !== '' || url.password !== '')
    return invalid('', 'must not contain a user name or password');
  return ok(url);
}

/** `on` or `off`. */
export function parseSwitch(text: string): Result<boolean> {
  return text === 'on' || text === 'off' ? ok(text === 'on') : invalid('', 'must be on or off');
}

/** The address under which people reach calloff: `https`, or `http` on loopback. Its path ends with a slash. */
export function parsePublicUrl(text: string): Result<URL> {
  const base = parseBaseUrl(text);
  return base.ok ? ok(new URL(`${base.value}/`)) : base;
}

/** An origin on this machine instead of Slack's, for tests: `http://127.0.0.1:8080`. */
export function parseLoopbackOrigin(text: string): Result<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === text;
  return isOrigin && isLoopback(url)
    ? ok(text)
    : invalid('', 'must be an origin on this machine, such as http://127.0.0.1:8080');
}

/** A path, made absolute. */
export function parsePath(text: string): Result<string> {
  if (text.includes('\0')) return invalid('', 'must be a path');
  return isUnexpanded(text)
    ? invalid('', 'contains ~ or a variable such as $HOME, which only a shell replaces; write the whole path')
    : ok(resolve(text));
}

/** Whether a path still holds `~` or the name of a variable, because a host passed it on without a shell. */
function isUnexpanded(path: string): boolean {
  return /^~(\/|$)|\$\{[^{}]*\}|^\$\w+(\/|$)|^%\w+%([\\/]|$)/.test(path);
}
