import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { operationSchemas } from '../../functions/http/openapi/operation-schemas.ts';
import { problemSchema } from '../../functions/http/openapi/problem-schema.ts';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { routes } from '../../functions/http/routes.ts';
import { oneResultSchema } from '../../shared/contract/answers/responses.ts';
import { parseOpenApi } from '../support/openapi/document.ts';
import { checkerOf } from '../support/openapi/schema-check.ts';

const exampleSchema = z.looseObject({ $ref: z.string().optional(), value: z.unknown().optional() });
const contentSchema = z.record(
  z.string(),
  z.strictObject({
    schema: z.record(z.string(), z.unknown()),
    example: z.unknown().optional(),
    examples: z.record(z.string(), exampleSchema).optional(),
  }),
);
const parameterSchema = z.looseObject({
  name: z.string(),
  in: z.string(),
  description: z.string().min(1),
  schema: z.record(z.string(), z.unknown()),
  example: z.union([z.string(), z.number(), z.boolean()]),
});
const operationSchema = z.looseObject({
  operationId: z.string(),
  tags: z.array(z.string()).length(1),
  summary: z.string().min(1),
  description: z.string().min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.looseObject({ content: contentSchema }).optional(),
  responses: z.record(
    z.string(),
    z.looseObject({ description: z.string().min(1), content: contentSchema.default({}) }),
  ),
});
const documentSchema = z.looseObject({
  tags: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({ description: z.string().min(1) })),
    examples: z.record(z.string(), exampleSchema),
  }),
});

const text = JSON.stringify(openApiDocument());
const document = documentSchema.parse(JSON.parse(text));
const checkOnce = checkerOf(parseOpenApi(JSON.parse(text)));
const sameSchemas = new Map<string, Record<string, unknown>>();
/** Checks by schemas that are alike as by one, since each is compiled. */
function check(schema: Record<string, unknown>, value: unknown): readonly string[] {
  const same = sameSchemas.get(JSON.stringify(schema)) ?? schema;
  sameSchemas.set(JSON.stringify(schema), same);
  return checkOnce(same, value);
}
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const routeOf = new Map<string, (typeof routes)[number]>(routes.map((route) => [route.operation, route]));
const schemasOf = new Map<string, (typeof operationSchemas)['cancelJob']>(Object.entries(operationSchemas));

/** Every body and answer of the document: its schema and its examples. */
const contents = operations.flatMap(({ operationId, requestBody, responses }) =>
  [
    ['body', requestBody?.content ?? {}] as const,
    ...Object.entries(responses).map(([status, { content }]) => [status, content] as const),
  ].flatMap(([place, content]) =>
    Object.entries(content).map(([type, { schema, example, examples = {} }]) => ({
      ...{ place: `${operationId} ${place} ${type}`, operationId, status: place, type, schema },
      examples: [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples).map(({ $ref, value }) => ($ref === undefined ? value : shared($ref))),
      ],
    })),
  ),
);

function shared(ref: string): unknown {
  return document.components.examples[ref.replace('#/components/examples/', '')]?.value;
}

describe('the OpenAPI document', () => {
  it('gives every body and answer a schema with a name, and names what people speak of', () => {
    const unnamed = contents.filter(({ schema }) => Object.keys(schema).join() !== '$ref');
    expect(unnamed.map(({ place }) => place)).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining([
        ...['Outcome', 'Job', 'Operation', 'Confirmation', 'Problem', 'Fault', 'AuditEntry', 'Provider'],
        ...['JobList', 'OperationList', 'ConfirmationList', 'ProviderList', 'AuditPage', 'BulkResult'],
        ...['CancelJobRequest', 'CancelJobsRequest', 'CreateOperationRequest', 'Selector', 'Counts', 'State'],
      ]),
    );
  });

  it('says of every part of an answer that has a name only the name', () => {
    const { Outcome, Counts } = document.components.schemas;
    expect(Outcome).toMatchObject({
      properties: {
        outcome: { $ref: '#/components/schemas/OutcomeName' },
        evidence: { $ref: '#/components/schemas/Evidence' },
        details: { $ref: '#/components/schemas/Details' },
      },
    });
    expect(Counts).toMatchObject({ properties: { cancelled: { type: 'integer' } } });
    expect(text).not.toMatch(/\$defs|\$schema|\$id|__shared|9007199254740991/);
    // The names belong to this document: the tools of MCP share the schemas, and have none.
    expect(z.toJSONSchema(oneResultSchema)).not.toHaveProperty('$defs');
  });

  it('takes no unknown field in a body, and leaves room for new ones in answers', () => {
    const { schemas } = document.components;
    const isClosed = (name: string) => JSON.stringify(schemas[name]).includes('"additionalProperties":false');
    const closed = Object.keys(schemas).filter(isClosed);
    const ofBodies = Object.keys(schemas).filter((name) => /Request$|^JobReference$|^Selector$/.test(name));
    expect(closed).toEqual(ofBodies);
  });

  it('has an example of every body, every answer and every parameter, and each is what it should be', () => {
    expect(contents.length).toBeGreaterThan(100);
    for (const { place, schema, examples } of contents) {
      expect(examples.length, place).toBeGreaterThan(0);
      for (const example of examples) expect([place, check(schema, example)]).toEqual([place, []]);
    }
    for (const { operationId, parameters } of operations)
      for (const { name, schema, example } of parameters)
        expect([operationId, name, check(schema, example)]).toEqual([operationId, name, []]);
  });

  it('has only examples that calloff itself reads and answers so', () => {
    for (const { place, operationId, type, status, examples } of contents) {
      const { background } = routeOf.get(operationId) ?? {};
      const { request, answer, outcome } = schemasOf.get(operationId) ?? {};
      const isSuccess = Number(status) < 300 && !(outcome && !answer);
      const answered = status === '202' && background ? schemasOf.get(background.operation)?.answer : answer;
      const schema = status === 'body' ? request : isSuccess ? answered : outcome;
      const expected = type === 'application/problem+json' ? problemSchema : schema;
      for (const example of examples)
        expect([place, expected?.safeParse(example).error]).toEqual([place, undefined]);
    }
    for (const { operationId, parameters } of operations) {
      const { input } = routeOf.get(operationId) ?? {};
      const { request } = schemasOf.get(operationId) ?? {};
      const query = parameters
        .filter((each) => each.in === 'query')
        .map(({ name, example }) => [name, `${example}`]);
      if (input === 'query')
        expect([operationId, request?.safeParse(Object.fromEntries(query)).error]).toEqual([
          operationId,
          undefined,
        ]);
    }
  });

  it('sorts its operations under tags that it describes, and asks each but the probes for a token', () => {
    const known = new Set(document.tags.map(({ name }) => name));
    const used = new Set(operations.flatMap(({ tags }) => tags));
    expect(used).toEqual(known);
    const open = operations.filter(({ security }) => security.length === 0);
    expect(open.map(({ operationId }) => operationId)).toEqual(['health', 'readiness']);
    for (const { operationId, responses } of operations)
      expect([operationId, Object.keys(responses).some((status) => status.startsWith('4'))]).toEqual([
        operationId,
        true,
      ]);
    for (const word of ['Idempotency-Key', 'If-None-Match', '"304"', '"202"', 'background'])
      expect(text).toContain(word);
  });
});
