import * as z from 'zod';
import { isObject, parseJson } from '../../lib/json.ts';

/** An access key of AWS, with a session token if it is temporary. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The word in the place of a key by which requests are signed with the access key in the process's environment. */
const roleWord = 'role';

const keySchema = z.object({
  accesskeyid: z.string().regex(/^[\x21-\x7e]+$/),
  secretaccesskey: z.string().min(1),
  sessiontoken: z
    .string()
    .regex(/^[\x21-\x7e]*$/)
    .nullish()
    .transform((token) => (token ? token : undefined)),
});

/**
 * The access key that a connection's key states: a JSON with `accessKeyId`, `secretAccessKey` and perhaps `sessionToken`, with
 * these names or those of AWS's tools, such as `AWS_ACCESS_KEY_ID`; `role` for the word `role`; `undefined` if it is neither.
 */
export function readAwsKey(text: string): AwsKey | 'role' | undefined {
  if (text.trim() === roleWord) return 'role';
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const fields = Object.entries(value).map(([name, field]) => [plainName(name), field]);
  const { data } = keySchema.safeParse(Object.fromEntries(fields));
  if (data === undefined) return undefined;
  const { accesskeyid: accessKeyId, secretaccesskey: secretAccessKey, sessiontoken: sessionToken } = data;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** `AWS_ACCESS_KEY_ID`, `AccessKeyId` and `accessKeyId` are one name. */
function plainName(name: string): string {
  return name.replaceAll('_', '').toLowerCase().replace(/^aws/, '');
}
