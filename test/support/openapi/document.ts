import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const schemaSchema = z.record(z.string(), z.unknown());
const parameterSchema = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema: schemaSchema,
});
const contentSchema = z.record(z.string(), z.looseObject({ schema: schemaSchema }));
const operationSchema = z.looseObject({
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.looseObject({ required: z.boolean().default(false), content: contentSchema }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: contentSchema.default({}) })),
});
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), schemaSchema) }),
});

/** A JSON schema. */
export type Schema = z.output<typeof schemaSchema>;

/** A parameter of a path, a query or the headers. */
export type DeclaredParameter = z.output<typeof parameterSchema>;

/** The schemas of a body by their content type. */
export type DeclaredContent = z.output<typeof contentSchema>;

/** One method of one path, as an OpenAPI document declares it. */
export interface DeclaredOperation extends z.output<typeof operationSchema> {
  readonly method: string;
  readonly path: string;
  /** Matches the paths it is for, with the parameters as groups. */
  readonly pattern: RegExp;
}

/** An OpenAPI document that was read. */
export interface OpenApiDocument {
  readonly operations: readonly DeclaredOperation[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** Reads a document of `test/referees/openapi`. */
export function readOpenApi(name: string): OpenApiDocument {
  const text = readFileSync(new URL(`../../referees/openapi/${name}.yaml`, import.meta.url), 'utf8');
  return parseOpenApi(parse(text));
}

/** Reads a document that is in memory. */
export function parseOpenApi(value: unknown): OpenApiDocument {
  const { paths, components } = documentSchema.parse(value);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, declared]) => ({
      ...declared,
      method: method.toUpperCase(),
      path,
      pattern: patternOf(path),
    })),
  );
  return { operations, schemas: components.schemas };
}

function patternOf(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+?)')}$`);
}
