import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 8;
const secretLength = 32;
const checksumLength = 6;
const form = /^(calloff_([0-9A-Za-z]{8})_[0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** The id of a token, as it stands in the token and in the configuration. */
export const tokenIdPattern = /^[0-9A-Za-z]{8}$/;

/** A token, which its caller sees once, and the id that identifies it from then on. */
export interface NewToken {
  readonly token: string;
  readonly id: string;
}

/**
 * Makes a token `calloff_<id>_<secret><checksum>`. The secret has 191 bits; the checksum lets software reject noise and
 * recognise a leaked token without a lookup.
 */
export function createToken(random: (size: number) => Uint8Array = randomBytes): NewToken {
  const id = randomText(idLength, random);
  const body = `calloff_${id}_${randomText(secretLength, random)}`;
  return { token: body + checksumOf(body), id };
}

/** The id in a token; `undefined` if the text is not a token or is mistyped. */
export function tokenIdOf(text: string): string | undefined {
  const [, body = '', id, checksum] = form.exec(text) ?? [];
  return checksum === checksumOf(body) ? id : undefined;
}

/** The stored form of a token: its HMAC-SHA-256, 64 hexadecimal digits, useless without the pepper. */
export function hmacOf(token: string, pepper: string): string {
  return createHmac('sha256', keyFor('token', pepper)).update(token).digest('hex');
}

/** A key for one purpose, so that a signature for one can never be valid for another. */
export function keyFor(use: string, pepper: string): Uint8Array {
  return createHmac('sha256', pepper).update(`calloff ${use}`).digest();
}

/** Random text with equally likely characters: bytes beyond the last full round of the alphabet are discarded. */
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
