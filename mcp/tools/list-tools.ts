import * as z from 'zod';
import { madeOf } from '../../shared/contract/late-schema.ts';
import { tools } from './index.ts';

/** The tools as a client sees them. */
export function listTools() {
  return tools.map(({ name, title, description, input, output, annotations }) => ({
    name,
    title,
    description,
    inputSchema: schemaOf(madeOf(input), 'input'),
    outputSchema: schemaOf(madeOf(output), 'output'),
    annotations,
  }));
}

/** Writes `type: [a, b]` as `anyOf`, for clients that know single types only. */
function schemaOf(schema: z.ZodObject, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  const portable = JSON.stringify(rest).replaceAll(/"type":\[([^\]]+)\]/g, (_all, types: string) => {
    return `"anyOf":[${types.split(',').map((type) => `{"type":${type}}`)}]`;
  });
  return { ...JSON.parse(portable), type: 'object' as const };
}
