import { createHmac } from 'node:crypto';
import type { Answer } from './provider-model.ts';

/** The tokens of the pretend IAM of IBM: made from an API key, and good for an hour. */

const lifetimeSeconds = 3_600;

/** A token made from a key at a moment, which tells when it ends. */
export function iamToken(apiKey: string, now: number): string {
  const end = String(Math.floor(now / 1_000) + lifetimeSeconds);
  return `${end}.${signatureOf(end, apiKey)}`;
}

/** Whether a token was made from this key, and has not ended. */
export function isTokenOf(token: string, apiKey: string, now: number): boolean {
  const [end = '', signature] = token.split('.');
  return signature === signatureOf(end, apiKey) && Number(end) * 1_000 > now;
}

/** https://cloud.ibm.com/apidocs/iam-identity-token-api */
export function iamAnswer(apiKey: string, now: number): Answer {
  const expiration = Math.floor(now / 1_000) + lifetimeSeconds;
  return {
    status: 200,
    body: {
      access_token: iamToken(apiKey, now),
      refresh_token: 'not_supported',
      token_type: 'Bearer',
      expires_in: lifetimeSeconds,
      expiration,
      scope: 'ibm openid',
    },
  };
}

/** The key in a form that asks for a token; `undefined` if it is no such form. */
export function keyInForm(text: string): string | undefined {
  const form = new URLSearchParams(text);
  return form.get('grant_type') === 'urn:ibm:params:oauth:grant-type:apikey'
    ? (form.get('apikey') ?? undefined)
    : undefined;
}

function signatureOf(end: string, apiKey: string): string {
  return createHmac('sha256', apiKey).update(end).digest('hex');
}
