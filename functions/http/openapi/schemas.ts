import * as z from 'zod';
import { capitalized } from '../../../shared/lib/text.ts';
import { routes } from '../routes.ts';
import { type NamedSchemas, namedAnswers, namedParts } from './names.ts';
import { operationSchemas } from './operation-schemas.ts';

/** The schemas of bodies, named after their operations. */
const bodies: NamedSchemas = Object.fromEntries(
  routes.flatMap(({ operation, input, summary }) => {
    const { request } = operationSchemas[operation];
    return request !== undefined && input === 'body'
      ? [[`${capitalized(operation)}Request`, [request, `${summary}.`]]]
      : [];
  }),
);

const uri = (name: string) => `#/components/schemas/${name}`;

/** A registry of its own, so that the names count in this document only: the tools of MCP share these schemas. */
function registryOf(named: NamedSchemas) {
  const registry = z.registry<{ id: string }>();
  for (const [id, [schema]] of Object.entries(named)) registry.add(schema, { id });
  return registry;
}

const given = registryOf({ ...namedParts, ...bodies });
const answered = registryOf(namedAnswers);

/** A reference to the schema of a body or an answer. Each has a name: without one, generated clients would have no type for it. */
export function referenceTo(schema: z.ZodType): { readonly $ref: string } {
  const { id } = given.get(schema) ?? answered.get(schema) ?? {};
  if (id === undefined)
    throw new Error('the schema of a body or an answer has no name in the OpenAPI document');
  return { $ref: uri(id) };
}

/** The schemas of the document, by their names. */
export function namedSchemas(): Record<string, object> {
  return {
    ...render(answered, namedAnswers, 'output'),
    ...render(given, { ...namedParts, ...bodies }, 'input'),
  };
}

function render(registry: typeof given, named: NamedSchemas, io: 'input' | 'output'): Record<string, object> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri,
    override: ({ jsonSchema }) => {
      spellOutKeys(jsonSchema);
      leaveOutSafeLimits(jsonSchema);
      if (io === 'output') leaveRoom(jsonSchema);
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [
      name,
      { description: named[name]?.[1], ...schema },
    ]),
  );
}

/** A record whose keys are a closed list is an object with these properties: generated clients know each by its name. */
function spellOutKeys(schema: z.core.JSONSchema.BaseSchema): void {
  const { propertyNames, required, additionalProperties } = schema;
  if (propertyNames === undefined || required === undefined || additionalProperties === undefined) return;
  schema.properties = Object.fromEntries(required.map((name) => [name, additionalProperties]));
  delete schema.additionalProperties;
  delete schema.propertyNames;
}

/** That a whole number can be told from the next one in JavaScript is no limit of calloff. */
function leaveOutSafeLimits(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** A later calloff may answer with more: clients that refuse what they do not know would break with it. Bodies stay closed. */
function leaveRoom(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.additionalProperties === false) delete schema.additionalProperties;
}
