import type { ProviderModel, Route } from './provider-model.ts';

/** A request target taken apart. */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** The route that answers a request, with the decoded `:id`; or the methods the path would answer. */
export type Found<Switches> =
  | {
      readonly route: Route<Switches>;
      readonly id: string;
      readonly open: boolean;
      readonly allowed: readonly string[];
    }
  | { readonly route: undefined; readonly allowed: readonly string[] };

/** Takes a raw request target apart without normalising it. */
export function parseTarget(target: string): Target {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** Finds the route of a request. A route that a switch has closed is found too, and is then not open. */
export function findRoute<Switches extends object>(
  model: ProviderModel<Switches>,
  switches: Switches,
  { method, body }: { readonly method: string; readonly body: unknown },
  target: Target,
): Found<Switches> {
  const matches = model.routes
    .filter(({ whereQuery }) => whereQuery === undefined || target.query.has(whereQuery))
    .filter(({ whereBody }) => whereBody?.(body) ?? true)
    .flatMap((route) => {
      const id = matchTarget(model.basePaths, route.path, target);
      return id === undefined ? [] : [{ route, id, open: route.open?.(switches) ?? true }];
    });
  const allowed = [...new Set(matches.filter(({ open }) => open).map(({ route }) => route.method))];
  const match = matches.find(({ route }) => route.method === method);
  return match === undefined ? { route: undefined, allowed } : { ...match, allowed };
}

/** The id is a segment of the path, or the value of a parameter: then the route is not that of a request without it. */
function matchTarget(
  basePaths: readonly string[],
  pattern: string,
  { path, query }: Target,
): string | undefined {
  const [pathPattern = '', parameter] = pattern.split('?');
  const id = matchPath(basePaths, pathPattern, path);
  if (parameter === undefined || id === undefined) return id;
  return query.get(parameter.replace('=:id', '')) ?? undefined;
}

function matchPath(basePaths: readonly string[], pattern: string, path: string): string | undefined {
  for (const base of basePaths) {
    const id = path.startsWith(`${base}/`) ? matchSegments(pattern, path.slice(base.length)) : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The decoded segment in the place of `:id`, empty where the pattern has none, `undefined` if the path does not match. */
function matchSegments(pattern: string, path: string): string | undefined {
  const [before = '', after] = pattern.split(':id');
  if (after === undefined) return path === pattern ? '' : undefined;
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const segment = path.slice(before.length, path.length - after.length);
  return segment === '' || segment.includes('/') ? undefined : decode(segment);
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
