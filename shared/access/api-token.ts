import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 8;
const secretLength = 32;
const checksumLength = 6;
const form = /^(calloff_([0-9A-Za-z]{8})_[0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** The id of a token, as it stands in the token and in the configuration. */
export const tokenIdPattern = /^[0-9A-Za-z]{8}$/;

/** A token as its caller gets it, once, and the id by which it is known from then on. */
export interface NewToken {
  readonly token: string;
  readonly id: string;
}

/**
 * Makes a token `calloff_<id>_<secret><checksum>`. The secret has 191 bits; the checksum lets noise be turned away, and
 * a leaked token be recognised, without asking anyone.
 */
export function createToken(random: (size: number) => Uint8Array = randomBytes): NewToken {
  const id = randomText(idLength, random);
  const body = `calloff_${id}_${randomText(secretLength, random)}`;
  return { token: body + checksumOf(body), id };
}

/** The id in a token, or `undefined` where the text is no token: of another form, or mistyped. */
export function tokenIdOf(text: string): string | undefined {
  const [, body = '', id, checksum] = form.exec(text) ?? [];
  return checksum === checksumOf(body) ? id : undefined;
}

/** What is kept of a token: its HMAC-SHA-256, 64 hexadecimal digits, worth nothing without the pepper. */
export function hmacOf(token: string, pepper: string): string {
  return createHmac('sha256', keyFor('token', pepper)).update(token).digest('hex');
}

/** A key for one use only, so that what is signed for one can never pass for another. */
export function keyFor(use: string, pepper: string): Uint8Array {
  return createHmac('sha256', pepper).update(`calloff ${use}`).digest();
}

/** Characters that are all equally likely: a byte beyond the last whole round of the alphabet is thrown away. */
function randomText(length: number, random: (size: number) => Uint8Array): string {
  const fair = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    const bytes = random(length - text.length);
    text += [...bytes].map((byte) => (byte < fair ? alphabet.charAt(byte % alphabet.length) : '')).join('');
  }
  return text;
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
