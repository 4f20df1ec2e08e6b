import * as z from 'zod';
import { skipKeyResolution } from './connection-keys.ts';
import { configurationSchema } from './schema.ts';

/** The form of the configuration file as JSON Schema. What only its surroundings can tell is not in it. */
export function configurationJsonSchema(): object {
  const anywhere = {
    key: skipKeyResolution,
    slackTeam: undefined,
    hasConnection: () => true,
    idFault: () => undefined,
    isFirst: () => true,
  };
  const { $schema, ...schema } = z.toJSONSchema(configurationSchema(anywhere), {
    io: 'input',
    // The format says it; the pattern that comes with it is 300 characters that no editor should show.
    override({ jsonSchema }) {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return { $schema, title: 'Configuration of calloff', ...schema };
}
