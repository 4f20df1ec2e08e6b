import * as z from 'zod';
import { faultText } from '../../contract/result.ts';
import { parseWebhookUrl } from '../values.ts';
import { names } from './rights-schema.ts';
import type { ValidationContext } from './validation-context.ts';

/** The name of an environment variable. */
export const variableName = () => names(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a variable');

/** The section `webhook` of the configuration file. */
export const webhookSchema = ({ webhookSecret }: ValidationContext) =>
  z
    .strictObject({
      url: z
        .string()
        .transform((text, context) => {
          const url = parseWebhookUrl(text);
          if (url.ok) return url.value;
          context.addIssue({ code: 'custom', message: faultText(url.faults) });
          return z.NEVER;
        })
        .describe('Where calloff sends its events; https, except on loopback'),
      secret_env: variableName().optional().describe('The environment variable that holds the secret'),
      secret_file: names(/^[^\0]+$/, 'must be a path')
        .optional()
        .describe('The file that holds the secret; a relative path starts in the folder of this file'),
    })
    .transform(({ url, ...fields }, context) => {
      const keys = webhookSecret(fields);
      if (keys.ok) return { url, keys: keys.value };
      for (const { path, message } of keys.faults)
        context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
      return z.NEVER;
    });
