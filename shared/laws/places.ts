import * as fc from 'fast-check';
import type { ProviderAdapter } from '../adapter/adapter.ts';
import { defaultBaseUrlOf, documentedBaseUrls, optionSchema } from '../adapter/options.ts';
import { type AdapterFactory, adapterFor } from '../adapter/provider.ts';
import type { AdapterOption } from '../adapter/provider-facts.ts';
import type { ProviderRequest } from '../http/types.ts';
import { joinUrl } from '../http/url-path.ts';
import type { ProviderFixtures } from './fixtures.ts';
import { everywhere, probesOf, show, violations } from './law.ts';
import { anyCharacter } from './parts/any-character.ts';

/** Places that lead elsewhere, or that are more than one place. */
const hostileParts = [
  ...[
    '',
    '.',
    '..',
    '/',
    '//evil.example',
    '\\',
    '?',
    '#',
    '@evil.example',
    ':8080',
    '%2e%2e',
    '%2f',
    ';y=1',
  ],
  ...[
    '../..',
    'a/../b',
    'a/..',
    './a',
    'a/.',
    'a?b',
    'a#b',
    'a%2fb',
    'a b',
    'a\r\nx: y',
    'a\0b',
    'a\u200bb',
    'аb',
    '\ud800',
  ],
];

function hostileFormsOf(sample: string): string[] {
  return hostileParts.flatMap((part) => [part, sample + part, part + sample, sample.replace(/[\w]/, part)]);
}

const anyPlace = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.stringMatching(/^[A-Za-z0-9._:/~%@-]{1,60}$/),
);

/** Where a request goes, and with which headers. */
function shapeOf(baseUrl: string, { path, query = [], headers = {} }: ProviderRequest) {
  const url = joinUrl(baseUrl, path, query);
  new Headers(headers);
  return { site: siteOf(url), segments: url.pathname.split('/').length, names: [...url.searchParams.keys()] };
}

/** The part of a host that a place must not change. */
function siteOf({ protocol, hostname, port, username }: URL): string {
  const labels = hostname.split('.');
  const count = labels.includes('') ? 'an empty label' : labels.length;
  return [protocol, username, labels.slice(-2).join('.'), port, count].join(' ');
}

/** The sites of the base URLs that a provider documents. */
function sitesOf(adapter: ProviderAdapter): readonly string[] {
  return [...documentedBaseUrls(adapter), customer].map((url) =>
    siteOf(new URL(url.replaceAll(/\{\w+\}/g, 'place'))),
  );
}

/** Places at random, some of which the pattern of the option takes, if one can be made of it. */
function placesOf({ values }: AdapterOption): fc.Arbitrary<string> {
  if (!(values instanceof RegExp)) return anyPlace;
  try {
    return fc.oneof(anyPlace, fc.stringMatching(values));
  } catch {
    return anyPlace;
  }
}

const customer = 'https://customer.example.com';

function shapesOf(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
  options: Readonly<Record<string, string>>,
) {
  const baseUrl = defaultBaseUrlOf(adapter, options) ?? customer;
  const sites = sitesOf(adapter);
  return probesOf(adapter, fixtures).map(({ request }) => {
    const { site, ...shape } = shapeOf(baseUrl, request);
    return { site: sites.includes(site) ? 'documented' : site, ...shape };
  });
}

/**
 * What is wrong with the places of a provider: each that its options take must leave every request at a site of a documented base
 * URL, with as many segments, the same parameters and headers that can be sent.
 */
export function placeFaults(provider: AdapterFactory, fixtures: ProviderFixtures): readonly string[] {
  const { options: sample = {} } = fixtures;
  const usual = adapterFor(provider, sample);
  const shape = show(shapesOf(usual, fixtures, sample));
  return (usual.options ?? []).flatMap((option) => {
    const { [option.name]: value = '' } = sample;
    const check = (text: string) => {
      if (!optionSchema(option).safeParse(text).success) return undefined;
      const options = { ...sample, [option.name]: text };
      try {
        const found = show(shapesOf(adapterFor(provider, options), fixtures, options));
        return found === shape ? undefined : `${option.name} ${show(text)} leads to ${found}`;
      } catch {
        return `${option.name} ${show(text)} leads nowhere`;
      }
    };
    const own = optionSchema(option).safeParse(value).success || option.default !== undefined;
    return [
      ...(own ? [] : [`${option.name} refuses ${show(value)}, which the fixtures have`]),
      ...violations(hostileFormsOf(value).map(check)),
      ...everywhere(placesOf(option), check),
    ];
  });
}
