import { readFileSync, writeFileSync } from 'node:fs';
import { Document, visit } from 'yaml';
import * as z from 'zod';
import { isObject } from '../../shared/lib/json.ts';

/**
 * Cuts the OpenAPI document of a provider to the operations that calloff uses and the schemas they reach, without prose
 * and examples: `node scripts/openapi/cut.ts SOURCE.json TARGET.yaml 'about the source' 'GET /path' …`. What comes out is
 * OpenAPI 3.1, whatever went in, so that its schemas are JSON Schema.
 */
const [, , source = '', target = '', about = '', ...wanted] = process.argv;

type Json = Readonly<Record<string, unknown>>;

const record = z.record(z.string(), z.unknown());
const documentSchema = z.looseObject({
  info: record,
  paths: z.record(z.string(), record),
  components: z.record(z.string(), record),
});
const document = documentSchema.parse(JSON.parse(readFileSync(source, 'utf8')));

const reached = new Map<string, unknown>();
const prose = new Set(['description', 'summary', 'title', 'example', 'examples', 'externalDocs', 'tags']);
const unused = new Set([
  'operationId',
  'links',
  'nullable',
  'deprecated',
  'discriminator',
  'default',
  'headers',
]);

/** What a reference such as `#/components/schemas/Job` leads to. */
function at(reference: string): unknown {
  const [, , kind = '', name = ''] = reference.split('/');
  return document.components[kind]?.[name];
}

/** A copy without what no referee reads. References to schemas stay, others give way to what they lead to. */
function cut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cut);
  if (!isObject(value)) return value;
  const { $ref } = value;
  if (typeof $ref !== 'string') return withNull(value, cutObject(value));
  if (!$ref.startsWith('#/components/schemas/')) return cut(at($ref));
  reach($ref);
  return { $ref };
}

function reach(reference: string): void {
  const name = reference.split('/').at(-1) ?? '';
  if (reached.has(name)) return;
  reached.set(name, null);
  reached.set(name, cut(at(reference)));
}

function cutObject(value: Json): Json {
  const kept = Object.entries(value).filter(
    ([key]) => !(prose.has(key) || unused.has(key) || key.startsWith('x-')),
  );
  return Object.fromEntries(
    kept.map(([key, each]) => [key, key === 'properties' ? cutNamed(each) : cut(each)]),
  );
}

/** Properties, whose names are no keywords. */
function cutNamed(properties: unknown): unknown {
  const named = Object.entries(record.parse(properties));
  return Object.fromEntries(named.map(([name, schema]) => [name, cut(schema)]));
}

/** OpenAPI 3.0 has a keyword for what may be `null`, OpenAPI 3.1 the type. */
function withNull({ nullable }: Json, schema: Json): Json {
  if (nullable !== true) return schema;
  const { type, enum: words } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const choices = Array.isArray(words) && !words.includes(null) ? { enum: [...words, null] } : {};
  return { ...schema, type: [type, 'null'], ...choices };
}

/** A response needs no words, but OpenAPI wants some. */
function response(value: unknown): unknown {
  const { content } = record.parse(cut(value));
  return { description: '', ...(content !== undefined && { content }) };
}

function operation(path: string, method: string): Json {
  const { parameters: shared = [] } = document.paths[path] ?? {};
  const { parameters = [], requestBody, responses } = record.parse(document.paths[path]?.[method]);
  const answers = Object.entries(record.parse(responses));
  return {
    parameters: z.array(z.unknown()).parse([shared, parameters].flat()).map(cut),
    ...(requestBody !== undefined && { requestBody: cut(requestBody) }),
    responses: Object.fromEntries(answers.map(([status, each]) => [status, response(each)])),
  };
}

function paths(): Json {
  const found: Record<string, Json> = {};
  for (const [method = '', path = ''] of wanted.map((each) => each.split(' ')))
    found[path] = { ...found[path], [method.toLowerCase()]: operation(path, method.toLowerCase()) };
  return found;
}

/** Short things stand on one line. */
function write(content: Json): string {
  const yaml = new Document(content, { aliasDuplicateObjects: false });
  yaml.commentBefore = ` ${about}`;
  visit(yaml, {
    Collection: (_, node) => {
      if (JSON.stringify(node).length < 100) node.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 120, flowCollectionPadding: true });
}

const { title, version } = document.info;
const content = { openapi: '3.1.0', info: { title, version }, paths: paths() };
const schemas = Object.fromEntries([...reached].toSorted(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(target, write({ ...content, components: { schemas } }));
