import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { closedSchema, documentId, openSchema } from './closed-schemas.ts';
import type { OpenApiDocument, Schema } from './document.ts';

const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
  uri: (text: string) => URL.canParse(text),
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@]+@[^@]+$/,
  int64: true,
} as const;

/** Says what is wrong with a value. A text from a URL or a header counts as the number that it may be. */
export type Check = (schema: Schema, value: unknown, isText?: 'is_text') => readonly string[];

/** Checks values by schemas that refer to those of a document. */
export function checkerOf({ schemas }: OpenApiDocument): Check {
  const components = {
    schemas: Object.fromEntries(Object.entries(schemas).map(([id, each]) => [id, openSchema(each, schemas)])),
  };
  const options = {
    strict: false,
    allErrors: true,
    verbose: true,
    formats,
    code: { optimize: false },
  } as const;
  const validators = [false, true].map((coerceTypes) =>
    new Ajv2020({ ...options, coerceTypes }).addSchema({ $id: documentId, components }),
  );
  // Many routes declare the same in words of their own: a refusal, or a number in the query.
  const compiled = new Map<string, ValidateFunction | undefined>();
  return (schema, value, isText) => {
    const key = `${isText}${JSON.stringify(schema)}`;
    const validate = compiled.get(key) ?? validators[isText ? 1 : 0]?.compile(closedSchema(schema, schemas));
    compiled.set(key, validate);
    return validate?.(value) === false ? (validate.errors ?? []).map(faultIn) : [];
  };
}

/** The place, with a star for the number of an entry, and what is wrong there. */
function faultIn({ instancePath, keyword, message, params, data }: ErrorObject): string {
  const { unevaluatedProperty, additionalProperty = unevaluatedProperty }: Record<string, unknown> = params;
  const place = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
  if (additionalProperty !== undefined) return `${place}/${additionalProperty} is not in the document`;
  return `${place} ${keyword === 'type' && data === null ? 'is null and ' : ''}${message}`.trim();
}
