import type { Auth } from '../../http/auth/auth.ts';

/** A key that must not turn up in any result, error or log line. */
export const canaryKey = 'canary-key-Zq7xW2pLr9';

/** The same in the form that this kind of key has. */
export function canaryKeyFor({ kind }: Auth): string {
  return kind === 'sigv4'
    ? JSON.stringify({ accessKeyId: 'AKIDOURS', secretAccessKey: canaryKey })
    : canaryKey;
}
