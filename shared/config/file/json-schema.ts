import * as z from 'zod';
import { anyAdapters } from './adapters-schema.ts';
import { skipKeyResolution } from './connection-keys.ts';
import { configurationSchema } from './schema.ts';
import { skipWebhookSecret } from './webhook-keys.ts';

/** The form of the configuration file as JSON Schema. It lacks checks that need the environment or other parts of the file. */
export function configurationJsonSchema(): object {
  const anywhere = {
    key: skipKeyResolution,
    webhookSecret: skipWebhookSecret,
    adapters: anyAdapters,
    baseUrlNeed: () => undefined,
    slackTeam: undefined,
    hasConnection: () => true,
    idFault: () => undefined,
    isFirst: () => true,
  };
  const { $schema, ...schema } = z.toJSONSchema(configurationSchema(anywhere), {
    io: 'input',
    // `format` is enough: the pattern that zod adds has 300 characters, which no editor should show.
    override({ jsonSchema }) {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return { $schema, title: 'Configuration of calloff', ...schema };
}
