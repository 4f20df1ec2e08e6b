import { ok, type Result } from '../../contract/result.ts';
import { parseBaseUrl } from '../values.ts';

/** The value of `CALLOFF_URL` that asks no server, in spite of a login. */
export const noServer = 'none';

/** The base URL of a calloff server, or {@link noServer}. */
export function parseServerUrl(text: string): Result<string> {
  return text === noServer ? ok(text) : parseBaseUrl(text);
}
