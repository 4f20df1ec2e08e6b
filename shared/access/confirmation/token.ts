import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { keyFor } from '../api-token.ts';
import type { ConfirmationRecord } from './record.ts';
import type { JobName, Requester } from './types.ts';

/** 32 characters that are not confused with each other. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** The form of an id. Not every matching text is one. */
export const confirmationIdPattern = /^[a-z2-9]{10}$/;

/** The id in a presented token or id; `undefined` if the text is neither. */
export function confirmationIdIn(claim: string): string | undefined {
  const [id = ''] = claim.split('.', 1);
  return confirmationIdPattern.test(id) ? id : undefined;
}

/** A digest of the jobs, independent of their order. */
export function digestOf(jobs: readonly JobName[]): string {
  const names = jobs.map(({ provider, job_id }) => `${provider}/${job_id}`).sort();
  return createHash('sha256').update(names.join('\n')).digest('base64url');
}

function scopeOf({ scope }: Pick<Requester, 'scope'>): string[] {
  return scope === undefined ? [] : [scope];
}

function hmac(use: string, pepper: string, bound: readonly (string | number | boolean)[]): Buffer {
  return createHmac('sha256', keyFor(use, pepper)).update(JSON.stringify(bound)).digest();
}

/** The id of a confirmation: short enough to read aloud, and unpredictable without the pepper. */
export function idOf(
  caller: Requester,
  { digest, sendIfStatusUnknown }: { readonly digest: string; readonly sendIfStatusUnknown: boolean },
  pepper: string,
): string {
  const mac = hmac('confirmation id', pepper, [caller.id, digest, sendIfStatusUnknown, ...scopeOf(caller)]);
  return readable(mac.subarray(0, 10));
}

/** Bytes as characters that can be read aloud, one for each byte. */
export function readable(bytes: Uint8Array): string {
  return [...bytes].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** The MAC in a confirmation token: it covers the whole offer, and cannot be made without the pepper. */
export function macOf(id: string, stored: ConfirmationRecord, pepper: string): string {
  const { caller, digest, nonce, expiresAt, send_if_status_unknown = false } = stored;
  const bound = [id, caller, digest, nonce, expiresAt, send_if_status_unknown, ...scopeOf(stored)];
  return hmac('confirmation token', pepper, bound).toString('base64url');
}

/** Compares two texts in a time that does not depend on where they differ. */
export function constantTimeEqual(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
