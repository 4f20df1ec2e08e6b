import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import * as z from 'zod';
import type { ProviderAdapter } from '../adapter/adapter.ts';
import { responseHeaders } from '../http/headers.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { exchangesOf, type ProviderFixtures } from './fixtures.ts';
import { everywhere, type Law, probesOf, show, violations } from './law.ts';

/** Headers that an adapter may read, with values that a provider or a proxy may write. */
export const anyHeaders: fc.Arbitrary<NonNullable<ProviderResponse['headers']>> = fc.record(
  Object.fromEntries(
    responseHeaders.map((name) => [
      name,
      fc.oneof(
        fc.constantFrom('', '0', '-1', '1e9', '1764288000', 'NaN', 'ThrottlingException:', '"api";r=0;t=55'),
        fc.constantFrom('<https://evil.example/?page=2>; rel="next"', '<>; rel=next', 'rel="next"', ',;='),
        fc.string(),
      ),
    ]),
  ),
  { requiredKeys: [] },
);

const verdicts = z.union([
  z.null(),
  z.strictObject({ kind: z.literal('rejected') }),
  z.strictObject({ kind: z.literal('limited'), retryAfterMs: z.union([z.null(), z.number().min(0)]) }),
]);
const codeOf = { rejected: 'credentials_rejected', limited: 'rate_limited' } as const satisfies {
  readonly [kind in TurnedAway['kind']]: string;
};

/** How each operation reads a response that rejects the key or limits the pace, if it reads it as anything else. */
function misreadings(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
  response: ProviderResponse,
): string[] {
  const turned = adapter.turnedAway?.(response, 0) ?? null;
  if (turned === null) return [];
  const expected = { kind: 'failure', code: codeOf[turned.kind], mayHaveActed: false };
  return probesOf(adapter, fixtures).flatMap(({ operation, read }) => {
    const reading = read(response);
    return isDeepStrictEqual(reading, expected)
      ? []
      : [`${operation} of ${show(response)}, which is ${turned.kind}, reads as ${show(reading)}`];
  });
}

function readsWhatIsTurnedAway(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { turnedAway } = adapter;
  if (turnedAway === undefined) return [];
  const responses = exchangesOf(fixtures).map(([, { response }]) => response);
  const shown = responses.some((response) => turnedAway(response, 0) !== null);
  const statuses = [200, 204, 301, 400, 401, 403, 404, 408, 409, 413, 429, 500, 503];
  const all = responses.flatMap((response) => [
    response,
    ...statuses.map((status) => ({ ...response, status })),
  ]);
  return violations([
    shown ? undefined : 'no fixture shows a response that it turns away',
    ...all.flatMap((response) => misreadings(adapter, fixtures, response)),
  ]);
}

function hasTotalTurnedAway(adapter: ProviderAdapter, fixtures: ProviderFixtures): string[] {
  const { turnedAway } = adapter;
  if (turnedAway === undefined) return [];
  const status = fc.oneof(
    fc.constantFrom(200, 400, 401, 403, 404, 429, 500),
    fc.integer({ min: 100, max: 599 }),
  );
  const bodies = exchangesOf(fixtures).map(([, { response }]) => response.body);
  const body = fc.oneof(fc.constantFrom(...bodies), fc.jsonValue(), fc.constant(undefined));
  const now = fc.integer({ min: 0, max: 4e12 });
  return everywhere(fc.tuple(fc.record({ status, body, headers: anyHeaders }), now), ([response, at]) => {
    const [turned, later] = [turnedAway(response, at), turnedAway(response, at + 86_400_000)];
    if (!verdicts.safeParse(turned).success) return `${show(response)} is ${show(turned)}`;
    if (turned?.kind !== later?.kind)
      return `${show(response)} is ${show(turned)}, a day later ${show(later)}`;
    return misreadings(adapter, fixtures, response)[0];
  });
}

/** The laws about responses that say something of the key or the pace. */
export const turnedAwayLaws = [
  {
    name: 'reads a response that rejects the key or limits the pace as nothing else',
    check: readsWhatIsTurnedAway,
  },
  { name: 'knows of any response whether it rejects the key or limits the pace', check: hasTotalTurnedAway },
] as const satisfies readonly Law[];
