import type * as z from 'zod';
import { codes, outcomes } from '../../../shared/contract/outcome.ts';
import type { Route, Success } from '../route.ts';
import { answerExamples, problemsOfRoutes, sharedExamples } from './examples.ts';
import { headersOf, headersOfProblems } from './headers.ts';
import { operationSchemas } from './operation-schemas.ts';
import { problemSchema } from './problem-schema.ts';
import { referenceTo } from './schemas.ts';

interface Answer {
  readonly description: string;
  readonly headers?: object;
  readonly content?: object;
}
type Answers = Readonly<Record<number, Answer>>;

/** The problems that every route under `/v1` can answer with. */
const ofEveryRoute = [400, 401, 500, 503];

/** The answers of a route, by their HTTP statuses. */
export function answersOf(route: Route): Answers {
  const { operation, success, background, hasEtag, method, problems: own } = route;
  const { outcome } = operationSchemas[operation];
  const answers = {
    ...(outcome && outcomesByStatus(outcome, success !== undefined)),
    ...(success && successOf(operation, success, route)),
    ...(background && successOf(background.operation, background.success, {})),
    ...(hasEtag && { 304: { description: 'The answer has not changed', headers: headersOf('ETag') } }),
  };
  return withProblems(route, answers, [...ofEveryRoute, ...(method === 'GET' ? [] : [413]), ...own]);
}

function successOf(
  operation: Route['operation'],
  { status = 200, description }: Success,
  { hasEtag }: Partial<Route>,
): Answers {
  const { [operation]: example } = answerExamples;
  const { answer } = operationSchemas[operation];
  const headers = [...(status === 200 ? [] : ['Location']), ...(hasEtag ? ['ETag'] : [])];
  return {
    [status]: {
      description,
      ...(headers.length > 0 && { headers: headersOf(...headers) }),
      ...(answer && { content: jsonOf(referenceTo(answer), example) }),
    },
  };
}

/** A body in JSON, with an example of it. */
export function jsonOf(schema: object, example?: object): object {
  return { 'application/json': { schema, ...(example && { example }) } };
}

/** The outcomes and codes that a read of the status can have. The others tell of a cancel. */
const ofReads: readonly string[] = ['not_found', 'not_attempted', 'denied_by_policy', 'caller_rate_limited'];

const singleAnswers = [
  ...Object.entries(outcomes)
    .filter(([name]) => name !== 'refused' && name !== 'failed')
    .map(([name, { status }]) => ({ name, status, isOfReads: ofReads.includes(name) })),
  ...Object.entries(codes).map(([name, { status, outcome }]) => ({
    ...{ name, status },
    isOfReads: outcome === 'failed' || ofReads.includes(name),
  })),
];

/** Every HTTP status of a single outcome, with its outcomes and codes. */
function outcomesByStatus(schema: z.ZodType, isRead: boolean): Answers {
  const byStatus = Map.groupBy(
    singleAnswers.filter(({ isOfReads }) => isOfReads || !isRead),
    ({ status }) => status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, answers]) => [
      status,
      {
        description: answers.map(({ name }) => name).join(', '),
        content: {
          'application/json': {
            schema: referenceTo(schema),
            examples: Object.fromEntries(answers.map(({ name }) => [name, referenceToExample(name)])),
          },
        },
      },
    ]),
  );
}

/** The types of problems that a route can answer with under a status. */
function problemsOf({ path, background }: Route, status: number) {
  const isAboutOperations = path.startsWith('/v1/operations') || background !== undefined;
  return Object.entries(problemsOfRoutes).filter(
    ([type, problem]) =>
      problem.status === status &&
      (isAboutOperations || (type !== 'unknown-operation' && type !== 'wrong-state')),
  );
}

/** `answers` with the problems that have these statuses. */
function withProblems(route: Route, answers: Answers, statuses: readonly number[]): Answers {
  const added = statuses.map((status) => {
    const types = problemsOf(route, status);
    const { [status]: before } = answers;
    const titles = types.map(([, { title }]) => title);
    const examples = Object.fromEntries(types.map(([type]) => [type, referenceToExample(`problem-${type}`)]));
    const named = [...Object.keys(before?.headers ?? {}), ...(headersOfProblems[status] ?? [])];
    const answer: Answer = {
      description: [...(before ? [`${before.description}.`] : []), ...titles].join(' '),
      ...(named.length > 0 && { headers: headersOf(...named) }),
      content: {
        ...before?.content,
        'application/problem+json': { schema: referenceTo(problemSchema), examples },
      },
    };
    return [status, answer] as const;
  });
  return { ...answers, ...Object.fromEntries(added) };
}

/** The problem of a route that needs no token: a request that is none, such as one without a host. */
export const unreadableAnswer: Answers = {
  400: {
    description: problemsOfRoutes.unreadable.title,
    content: {
      'application/problem+json': {
        schema: referenceTo(problemSchema),
        example: sharedExamples['problem-unreadable']?.value,
      },
    },
  },
};

function referenceToExample(name: string): { readonly $ref: string } {
  return { $ref: `#/components/examples/${name}` };
}
