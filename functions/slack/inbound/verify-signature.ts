import { createHmac, timingSafeEqual } from 'node:crypto';
import { shortestSigningSecret } from '../../../shared/config/values.ts';

/** A request as received: the bytes of its body, both headers, and every secret that may have signed it. */
export interface SignedRequest {
  readonly body: Uint8Array;
  /** `X-Slack-Signature`. */
  readonly signature: string | undefined;
  /** `X-Slack-Request-Timestamp`, in seconds since the epoch. */
  readonly timestamp: string | undefined;
  /** The current signing secret and, while it is rotated, the previous one. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `malformed`: a header is missing or not in Slack's form. `forged`: none of the secrets made this signature. */
export type SignatureVerdict = 'verified' | 'malformed' | 'stale' | 'forged';

const longestSkewSeconds = 300;

/**
 * Whether Slack signed this request within five minutes before or after `now`. Never throws. Takes the same time for every
 * secret and for none: every secret is tried, each compared in constant time.
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function verifySlackRequest({
  body,
  signature,
  timestamp,
  secrets,
  now,
}: SignedRequest): SignatureVerdict {
  if (!isTimestamp(timestamp) || !isSignature(signature)) return 'malformed';
  const skew = Math.abs(Math.floor(now / 1_000) - Number(timestamp));
  if (!(skew <= longestSkewSeconds)) return 'stale';
  const given = Buffer.from(signature.slice(3), 'hex');
  const matches = secrets.map((secret) => {
    const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
    return timingSafeEqual(expected, given) && secret.length >= shortestSigningSecret;
  });
  return matches.includes(true) ? 'verified' : 'forged';
}

function isTimestamp(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{10}$/.test(text);
}

function isSignature(text: string | undefined): text is string {
  return text !== undefined && /^v0=[0-9a-f]{64}$/.test(text);
}
