import { parseJson } from '../../../shared/lib/json.ts';
import {
  type DeclaredContent,
  type DeclaredOperation,
  type DeclaredParameter,
  type OpenApiDocument,
  readOpenApi,
} from './document.ts';
import { type Check, checkerOf } from './schema-check.ts';

/** A request as it was sent, and its answer. */
export interface ObservedExchange {
  readonly method: string;
  /** Below the base URL. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The body; empty if there is none. */
  readonly sent: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly answered: string;
}

/** Says in which ways an exchange is not as a document declares it: one line for each. */
export type Referee = (exchange: ObservedExchange) => readonly string[];

/** A referee that goes by a document of `test/referees/openapi`. */
export function refereeBy(name: string): Referee {
  return refereeOn(readOpenApi(name));
}

/** A referee that goes by this document. */
export function refereeOn(document: OpenApiDocument): Referee {
  const check = checkerOf(document);
  return (exchange) => {
    const operation = document.operations.find((each) => isFor(each, exchange));
    if (operation === undefined) return [`${exchange.method} ${exchange.path} is not in the document`];
    const { method, path } = operation;
    return [
      ...requestFaults(operation, exchange, check).map((fault) => `${method} ${path}: ${fault}`),
      ...answerFaults(operation, exchange, check).map(
        (fault) => `${method} ${path} ${exchange.status}: ${fault}`,
      ),
    ];
  };
}

/** The operations of a document of `test/referees/openapi` that no exchange shows with success. */
export function operationsWithoutSuccess(name: string, heard: readonly ObservedExchange[]) {
  return operationsNotShown(readOpenApi(name), heard, (status) => status < 300);
}

/** The operations of a document that no exchange shows with such a status. */
export function operationsNotShown(
  document: OpenApiDocument,
  heard: readonly ObservedExchange[],
  isShowing: (status: number) => boolean,
): readonly string[] {
  const isShown = (operation: DeclaredOperation) =>
    heard.some((exchange) => isShowing(exchange.status) && isFor(operation, exchange));
  const unheard = document.operations.filter((operation) => !isShown(operation));
  return unheard.map(({ method, path }) => `${method} ${path}`);
}

function isFor({ method, pattern }: DeclaredOperation, exchange: ObservedExchange): boolean {
  return method === exchange.method && pattern.test(exchange.path);
}

function requestFaults(operation: DeclaredOperation, exchange: ObservedExchange, check: Check): string[] {
  const { parameters, requestBody } = operation;
  const undeclared = [...exchange.query.keys()].filter(
    (name) => !parameters.some((each) => each.in === 'query' && each.name === name),
  );
  return [
    ...undeclared.map((name) => `query ${name} is not in the document`),
    ...parameters.flatMap((each) => parameterFaults(each, valuesOf(each, operation, exchange), check)),
    ...bodyFaults(
      'the request',
      requestBody?.content ?? {},
      exchange.headers.get('content-type'),
      exchange.sent,
      check,
    ),
    ...(requestBody?.required && exchange.sent === '' ? ['the request has no body'] : []),
  ];
}

function valuesOf(
  parameter: DeclaredParameter,
  { pattern }: DeclaredOperation,
  { path, query, headers }: ObservedExchange,
): readonly string[] {
  if (parameter.in === 'query') return query.getAll(parameter.name);
  const value =
    parameter.in === 'path' ? pattern.exec(path)?.groups?.[parameter.name] : headers.get(parameter.name);
  return value === undefined || value === null ? [] : [decodeURIComponent(value)];
}

function parameterFaults(
  { in: place, name, required, schema }: DeclaredParameter,
  values: readonly string[],
  check: Check,
): string[] {
  if (values.length === 0) return required ? [`${place} ${name} is missing`] : [];
  const { type } = schema;
  const given = type === 'array' ? [values] : values;
  return given
    .flatMap((value) => check(schema, value, 'is_text'))
    .map((fault) => `${place} ${name} ${fault}`);
}

function answerFaults(
  { responses }: DeclaredOperation,
  exchange: ObservedExchange,
  check: Check,
): readonly string[] {
  const { status, contentType, answered } = exchange;
  const { [status]: exact, [`${String(status).slice(0, 1)}XX`]: alike, default: any } = responses;
  const declared = exact ?? alike ?? any;
  if (declared === undefined) return ['the document has no such answer'];
  const isBare = answered === '' && Object.keys(declared.content).length > 0;
  return isBare
    ? ['the answer has no body']
    : bodyFaults('the answer', declared.content, contentType, answered, check);
}

function bodyFaults(
  what: string,
  content: DeclaredContent,
  contentType: string | null,
  text: string,
  check: Check,
): readonly string[] {
  if (text === '') return [];
  const [type = ''] = (contentType ?? '').split(';');
  const declared = content[type];
  if (declared === undefined) return [`${what} has a body of the type "${type}"`];
  return check(declared.schema, parseJson(text));
}
