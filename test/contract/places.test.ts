import { describe, expect, it } from 'vitest';
import { type AdapterFactory, adapterFor } from '../../shared/adapter/provider.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { path } from '../../shared/http/url-path.ts';
import { placeFaults } from '../../shared/laws/places.ts';
import { ionworks } from '../../shared/providers/ionworks.ts';
import { providers } from '../../shared/providers/registry.ts';
import { fixtures } from '../fixtures/index.ts';

const sample = { ...fixtures.ionworks, options: { zone: 'north-1', team: 'batteries' } };

/** Ionworks, if it had a zone in its host and a team in its paths. */
function placed(zone: RegExp, team: RegExp): AdapterFactory<'zone' | 'team'> {
  return {
    place: ['zone', 'team'],
    adapterAt: (place) => ({
      ...ionworks,
      defaultBaseUrl: 'https://{zone}.ionworks.com',
      options: [
        { name: 'zone', variable: 'ZONE', meaning: 'the zone', values: zone, fault: 'must be a zone' },
        { name: 'team', variable: 'TEAM', meaning: 'the team', values: team, fault: 'must be a team' },
      ],
      status: {
        ...ionworks.status,
        request: (jobId) => ({ method: 'GET', path: path`/teams/${place.team}/${jobId}` }),
      },
    }),
  };
}

/** Ionworks, if it took a team in a header, and could do without. */
function inHeader(values: RegExp): AdapterFactory {
  const team = { name: 'team', variable: 'TEAM', meaning: 'the team', values, fault: 'must be a team' };
  return {
    place: [],
    adapterAt: (_place, { team: chosen }) => ({
      ...ionworks,
      options: [{ ...team, default: 'none' }],
      status: {
        ...ionworks.status,
        request: (jobId) => ({
          ...ionworks.status.request(jobId),
          ...(chosen !== undefined && { headers: { 'openai-project': chosen } }),
        }),
      },
    }),
  };
}

describe('a place', () => {
  it.each(providerIds)('never leads elsewhere at %s', async (id) => {
    const provider = await providers[id]();
    expect('adapterAt' in provider ? placeFaults(provider, fixtures[id]) : []).toEqual([]);
  });

  it('may be what one label of a host and one segment of a path can be', () => {
    expect(placeFaults(placed(/^[a-z]{2,10}-\d$/, /^[a-z][a-z-]{0,20}$/), sample)).toEqual([]);
  });

  it('may be what a header can have, and is told to the adapter also if it can be left out', () => {
    expect(placeFaults(inHeader(/^[a-z]+$/), sample)).toEqual([]);
    const { status } = adapterFor(inHeader(/^[a-z]+$/), { team: 'batteries' });
    expect(status.request('a').headers).toEqual({ 'openai-project': 'batteries' });
  });

  it('may be at another documented base URL, but at no other', () => {
    const { place, adapterAt } = placed(/^(?:north|south)-\d$/, /^[a-z]{1,20}$/);
    const at = (values: RegExp): AdapterFactory<'zone' | 'team'> => ({
      place,
      adapterAt: (chosen, options) => ({
        ...adapterAt(chosen, options),
        placedBaseUrls: [{ option: 'zone', values, baseUrl: 'https://{hemisphere}.ionworks.example.com' }],
      }),
    });
    expect(placeFaults(at(/^(?<hemisphere>south)-/), sample)).toEqual([]);
    expect(placeFaults(at(/^south-/), sample)).not.toEqual([]);
  });

  it.each([
    ['a header', inHeader(/^[\s\S]+$/)],
    ['a host', placed(/./, /^[a-z]+$/)],
    ['a path', placed(/^[a-z]{2,10}-\d$/, /^[a-z./]+$/)],
    ['a host with another dot', placed(/^[a-z0-9.-]+$/, /^[a-z]+$/)],
    ['none, because its own is refused', placed(/^south$/, /^[a-z]+$/)],
  ])('is found to lead elsewhere if it can be %s', (_, provider) => {
    expect(placeFaults(provider, sample)).not.toEqual([]);
  });

  it('cannot be left out', () => {
    expect(() => adapterFor(placed(/^north$/, /^a$/), { zone: 'north' })).toThrow('a connection has no team');
  });
});
