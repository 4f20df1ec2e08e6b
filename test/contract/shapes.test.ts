import { describe, expect, test } from 'vitest';
import type { JobList, ProviderAdapter } from '../../shared/adapter/adapter.ts';
import { opaqueJobId, prefixedJobId } from '../../shared/adapter/job-ids.ts';
import { emptyPage, offsetOf } from '../../shared/adapter/parsing.ts';
import type { ProviderResponse } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { type LawName, laws } from '../../shared/laws/laws.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { fixtures } from '../fixtures/index.ts';
import { assumed, type Exchange, type ProviderFixtures, type Scene } from '../fixtures/scenario.ts';
import { cases } from '../support/thorough.ts';

/** An adapter in a shape that none of today's has, with the fixtures that belong to it. */
interface Shape {
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly fixtures: ProviderFixtures;
  /** The laws that are about the shape. The soak holds it against all. */
  readonly laws: readonly LawName[];
}

const silentLaws = [
  'never reads an HTML page or an empty body as an answer',
  'reads a success that is not shaped as documented as a failure that may have acted',
  'takes an accepted cancel for nothing more, until a look shows the end',
] as const;
const listLaws = [
  'has fixtures for all that it does, and a reason for all that it does not',
  'hands the cursor of a list on as one value',
  'takes no error and no unreadable list for a list without jobs',
  'follows no address found in an answer',
] as const;
const idLaws = [
  'takes every form of an id for the same job, in requests and answers',
  'refuses every id that could be more than one segment of a path',
] as const;

/** The fixtures of Sutro with other exchanges. A scenario without any cannot happen. */
function fixturesWith(change: (exchanges: readonly Exchange[]) => readonly Exchange[]): ProviderFixtures {
  const changed = (scene: Scene): Scene => {
    if ('notApplicable' in scene) return scene;
    const exchanges = change(scene);
    return exchanges.length === 0 ? { notApplicable: 'the provider has no such request' } : exchanges;
  };
  const { scenarios, ...rest } = fixtures.sutro;
  return {
    ...rest,
    scenarios: {
      ...scenarios,
      ...Object.fromEntries(Object.entries(scenarios).map(([name, scene]) => [name, changed(scene)])),
    },
  };
}

const { list: _list, ...withoutList } = sutro;

/** Accepts a cancel by exactly this answer, which says nothing. */
function silent(status: number, isSilence: (body: unknown) => boolean): ProviderAdapter {
  const { read } = sutro.cancel;
  const readSilence = (response: ProviderResponse, jobId: string) =>
    response.status === status && isSilence(response.body)
      ? ({ kind: 'accepted', providerStatus: null } as const)
      : read(response, jobId);
  return { ...sutro, cancel: { ...sutro.cancel, read: readSilence } };
}

function silentFixtures(response: ProviderResponse): ProviderFixtures {
  return fixturesWith((exchanges) =>
    exchanges.map((exchange) =>
      exchange.operation === 'cancel' && exchange.reading.kind === 'accepted'
        ? { ...exchange, response, source: assumed('a shape that some provider has') }
        : exchange,
    ),
  );
}

/** Asks for a page by POST, with what may stand for a cursor in the body. */
function countingPages(offset: (cursor: string | null) => unknown): ProviderAdapter {
  const request: JobList['request'] = (_query, cursor) => ({
    ...{ method: 'POST', path: path`/jobs/filter` },
    body: { limit: 200, offset: offset(cursor) },
  });
  return { ...withoutList, list: { pageSize: 200, request, read: () => emptyPage } };
}

/** The fixtures of Sutro with this cursor for a page of the list. */
function pagedFixtures(cursor: string): ProviderFixtures {
  return fixturesWith((exchanges) =>
    exchanges.map((exchange) => (exchange.operation === 'list' ? { ...exchange, cursor } : exchange)),
  );
}

const cursorLaw = ['hands the cursor of a list on as one value'] as const;

const isNothing = (body: unknown) => body === undefined;
const isEmptyObject = (body: unknown) => JSON.stringify(body) === '{}';

const shapes: readonly Shape[] = [
  {
    name: 'has no list',
    adapter: withoutList,
    fixtures: fixturesWith((exchanges) => exchanges.filter(({ operation }) => operation !== 'list')),
    laws: listLaws,
  },
  {
    name: 'has its cancels answered with no content',
    adapter: silent(204, isNothing),
    fixtures: silentFixtures({ status: 204, body: undefined }),
    laws: silentLaws,
  },
  {
    name: 'has its cancels answered with an empty object, taken into account later',
    adapter: silent(202, isEmptyObject),
    fixtures: silentFixtures({ status: 202, body: {} }),
    laws: silentLaws,
  },
  {
    name: 'has its cancels answered with an empty object',
    adapter: silent(200, isEmptyObject),
    fixtures: silentFixtures({ status: 200, body: {} }),
    laws: silentLaws,
  },
  {
    name: 'asks for its pages by POST, with their offset as a number',
    adapter: countingPages(offsetOf),
    fixtures: pagedFixtures('200'),
    laws: cursorLaw,
  },
  {
    name: 'has ids with a prefix',
    adapter: { ...sutro, jobId: prefixedJobId(/batches\//, opaqueJobId) },
    fixtures: { ...fixtures.sutro, idForms: [`batches/${fixtures.sutro.jobId}`] },
    laws: idLaws,
  },
];

async function broken(
  names: readonly LawName[],
  adapter: ProviderAdapter,
  own: ProviderFixtures,
): Promise<string[]> {
  const chosen = cases(laws, ({ name }) => names.includes(name));
  return (await Promise.all(chosen.map((law) => law.check(adapter, own)))).flat();
}

describe.each(shapes)('an adapter that $name', ({ adapter, fixtures: own, laws: about }) => {
  test('keeps the laws', async () => {
    expect(await broken(about, adapter, own)).toEqual([]);
  });
});

describe('the laws catch', () => {
  test.each([
    ['any 200 for an accepted cancel', silent(200, () => true), { status: 200, body: {} }],
    ['a page of a gateway for an accepted cancel', silent(200, isNothing), { status: 200, body: undefined }],
    ['an empty object for no content', silent(204, isEmptyObject), { status: 204, body: undefined }],
  ])('an adapter that takes %s', async (_, adapter, response) => {
    expect(await broken(silentLaws, adapter, silentFixtures(response))).not.toEqual([]);
  });

  test.each<[string, (cursor: string | null) => unknown, string]>([
    ['every page for the first', () => 0, '200'],
    ['a cursor for a number that it is not', (cursor) => Number(cursor), '200'],
    ['a cursor of the provider for an offset', offsetOf, 'eyJwIjoyfQ'],
    ['an offset for the number after it', (cursor) => offsetOf(cursor) + 1, '200'],
  ])('an adapter that takes %s', async (_, offset, cursor) => {
    expect(await broken(cursorLaw, countingPages(offset), pagedFixtures(cursor))).not.toEqual([]);
  });

  test('an adapter that knows its ids only without their prefix', async () => {
    const idForms = [`batches/${fixtures.sutro.jobId}`];
    expect(await broken(idLaws, sutro, { ...fixtures.sutro, idForms })).not.toEqual([]);
  });
});

describe('an id with a prefix', () => {
  const arn = prefixedJobId(/arn:aws[a-z-]*:batch:[a-z\d-]+:\d{12}:job\//, opaqueJobId);

  test.each([
    ['4c1b', '4c1b'],
    ['arn:aws:batch:eu-west-1:123456789012:job/4c1b', '4c1b'],
    ['arn:aws-us-gov:batch:us-gov-west-1:123456789012:job/4c1b:7', '4c1b:7'],
  ])('%s is %s', (id, canonical) => {
    expect(arn.parse(id)).toBe(canonical);
  });

  test.each([
    'arn:aws:batch:eu-west-1:123456789012:job/',
    'arn:aws:batch:eu-west-1:123456789012:job/../4c1b',
    'arn:aws:batch:eu-west-1:123456789012:job/arn:aws:batch:eu-west-1:123456789012:job/4c1b',
    'xarn:aws:batch:eu-west-1:123456789012:job/4c1b',
    'arn:aws:ec2:eu-west-1:123456789012:instance/4c1b',
    '/4c1b',
  ])('%s is none', (id) => {
    expect(arn.safeParse(id).success).toBe(false);
  });
});
