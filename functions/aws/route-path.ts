import type { LambdaEvent } from 'hono/aws-lambda';
import { isUnsafeTarget } from '../../shared/http/url-path.ts';

/**
 * The path of a request as the route of API Gateway has it. Behind a custom domain `path` begins with the base path of the
 * API mapping, and at a REST API sometimes with the stage. `undefined` if the end of the path is not the route, or if it
 * holds a dot segment, which is refused later.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function pathBelowRoute(path: string, event: GatewayEvent): string | undefined {
  const template = 'routeKey' in event ? event.routeKey.replace(/^\S+ /, '') : event.resource;
  if (!template.startsWith('/') || isUnsafeTarget(path)) return undefined;
  const parameters = event.pathParameters ?? {};
  const [, before, name = ''] = /^(.*)\/\{([^}]+)\+\}$/.exec(template) ?? [];
  const rest = parameters[name];
  if (before === undefined || !rest) return endOf(path, template, parameters);
  if (!path.endsWith(`/${rest}`)) return undefined;
  const head = before === '' ? '' : endOf(path.slice(0, -rest.length - 1), before, parameters);
  return head === undefined ? undefined : `${head}/${rest}`;
}

type Parameters = Readonly<Record<string, string | undefined>>;

/** The end of a path, if its segments match those of the route. */
function endOf(path: string, template: string, parameters: Parameters): string | undefined {
  const wanted = template.split('/').slice(1);
  const given = path.split('/').slice(-wanted.length);
  const isRoute = wanted.every((segment, index) => isAt(segment, given[index] ?? '', parameters));
  return isRoute ? `/${given.join('/')}` : undefined;
}

/** Whether a segment matches the route: the same word, or API Gateway's value for its parameter. */
function isAt(segment: string, given: string, parameters: Parameters): boolean {
  const [, name] = /^\{([^}+]+)\}$/.exec(segment) ?? [];
  if (name === undefined) return segment === given;
  const taken = parameters[name];
  return taken === undefined || taken === given || taken === decoded(given);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** API Gateway's event, in payload format 1.0 or 2.0. */
export type GatewayEvent = Extract<LambdaEvent, { resource: string } | { routeKey: string }>;
