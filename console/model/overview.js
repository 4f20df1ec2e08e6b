/** @import { PageState } from '../types.d.ts' */

/**
 * The connections whose jobs the place shows, and that have a key. One that cannot list is asked too: calloff says what to do.
 * @param {Pick<PageState, 'providers' | 'place'>} state
 */
export function shownConnections({ providers, place: { filters } }) {
  const only = filters.provider;
  return providers
    .filter(({ configured, provider }) => (only === undefined ? configured : provider === only))
    .map(({ provider }) => provider);
}

/**
 * What the readings say together.
 * @param {Pick<PageState, 'providers' | 'place' | 'list'>} state
 */
export function overview(state) {
  const shown = shownConnections(state);
  const readings = shown.map((name) => /** @type {const} */ ([name, state.list.readings.get(name)]));
  return {
    /** The connections that were not read yet. */
    reading: readings.flatMap(([name, reading]) => (reading === undefined ? [name] : [])),
    readAt: readings.flatMap(([name, reading]) =>
      reading?.readAt === undefined ? [] : [/** @type {const} */ ([name, reading.readAt])],
    ),
    unavailable: readings.flatMap(([, reading]) => reading?.unavailable ?? []),
    problems: [...new Set(readings.flatMap(([, reading]) => reading?.problem ?? []))],
    /** calloff refused the filters, so no provider was asked. */
    isRefused: readings.some(([, reading]) => reading?.isRefused),
    hasMore: readings.some(([, reading]) => (reading?.cursor ?? null) !== null),
    inOtherStates: readings.reduce((sum, [, reading]) => sum + (reading?.inOtherStates ?? 0), 0),
  };
}
