import * as z from 'zod';
import type { Schema } from './document.ts';

/** The name under which the validator knows the document. */
export const documentId = 'document:';

const partsSchema = z.looseObject({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  items: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  allOf: z.array(z.record(z.string(), z.unknown())).optional(),
  anyOf: z.array(z.record(z.string(), z.unknown())).optional(),
  oneOf: z.array(z.record(z.string(), z.unknown())).optional(),
});

/**
 * A schema by which an object with known properties holds no others: OpenAPI lets pass what it does not declare, and what
 * a twin invents would stay unseen. `schemas` are those of the document.
 */
export function closedSchema(schema: Schema, schemas: Readonly<Record<string, Schema>>): Schema {
  const open = openSchema(schema, schemas);
  return hasProperties(schema, schemas) ? { ...open, unevaluatedProperties: false } : open;
}

/** The same for a schema that others are made of: what is in it is closed, and itself only where it is used. */
export function openSchema(schema: Schema, schemas: Readonly<Record<string, Schema>>): Schema {
  const { $ref, properties, items, additionalProperties, allOf, anyOf, oneOf } = partsSchema.parse(schema);
  const closed = (each: Schema) => closedSchema(each, schemas);
  const open = (each: Schema) => openSchema(each, schemas);
  const values = partsSchema.safeParse(additionalProperties);
  return {
    ...schema,
    ...($ref !== undefined && { $ref: `${documentId}${$ref}` }),
    ...(properties && { properties: mapValues(properties, closed) }),
    ...(items && { items: closed(items) }),
    ...(values.success && { additionalProperties: closed(values.data) }),
    ...(allOf && { allOf: allOf.map(open) }),
    ...(anyOf && { anyOf: anyOf.map(open) }),
    ...(oneOf && { oneOf: oneOf.map(open) }),
  };
}

function hasProperties(schema: Schema, schemas: Readonly<Record<string, Schema>>): boolean {
  const { $ref, properties, allOf = [], anyOf = [], oneOf = [] } = partsSchema.parse(schema);
  const referred = $ref === undefined ? undefined : schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
  const parts = [...(referred ? [referred] : []), ...allOf, ...anyOf, ...oneOf];
  return properties !== undefined || parts.some((part) => hasProperties(part, schemas));
}

function mapValues(record: Readonly<Record<string, Schema>>, change: (schema: Schema) => Schema): Schema {
  return Object.fromEntries(Object.entries(record).map(([name, each]) => [name, change(each)]));
}
