import * as z from 'zod';
import { configurationJsonSchema } from '../../shared/config/file/json-schema.ts';

const keySchema = z.object({
  description: z.string().default(''),
  default: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), keySchema).optional();
  },
  required: z.array(z.string()).optional(),
});
type Key = z.infer<typeof keySchema>;

/** Where the JSON Schema of the configuration file has the rights of a caller. */
const placeSchema = z.object({
  properties: z.object({ cli: z.object({ properties: z.object({ may: keySchema }) }) }),
});

/** The rows of the table of rights: key, meaning, default. */
export function rightsRows(): string[][] {
  const { properties } = placeSchema.parse(configurationJsonSchema());
  return rowsOf(properties.cli.properties.may, '');
}

function rowsOf({ properties = {}, required = [] }: Key, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, key]) =>
    key.properties === undefined
      ? [rowOf(`${prefix}${name}`, key, required.includes(name))]
      : rowsOf(key, `${prefix}${name}.`),
  );
}

function rowOf(name: string, { description, default: otherwise }: Key, isRequired: boolean): string[] {
  const [meaning = '', stated] = description.split(/\.? Default: /);
  const small = `${meaning.charAt(0).toLowerCase()}${meaning.slice(1)}`;
  return [`\`${name}\``, small, isRequired ? 'required' : (stated ?? wordsOf(otherwise))];
}

function wordsOf(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en');
  return Array.isArray(value) && value.length === 0 ? 'none' : '';
}
