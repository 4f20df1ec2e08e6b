import { describe, expect, test } from 'vitest';
import { keyVariable } from '../../shared/adapter/key-variable.ts';
import { allFacts, factsOf } from '../../shared/adapter/known-providers.ts';
import {
  defaultBaseUrlOf,
  documentedBaseUrls,
  optionSchema,
  plainMeaning,
} from '../../shared/adapter/options.ts';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { baseUrlVariable } from '../../shared/adapter/provider-facts.ts';
import { awsBatch } from '../../shared/providers/aws-batch.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { ionq } from '../../shared/providers/ionq.ts';

const { 'aws-batch': batch, ionq: facts } = providerFacts;
const option = {
  name: 'method',
  variable: 'METHOD',
  meaning: 'the `method`, `GET` or not',
  fault: 'must fit',
};

describe('the value of an option', () => {
  test.each([
    ['one of a list', ['GET', 'POST'] as const, 'GET', 'HEAD'],
    ['one of a pattern', /^[a-z]{2}$/, 'us', 'usa'],
  ])('is %s, or it says what is wrong', (_, values, good, bad) => {
    const schema = optionSchema({ ...option, values });
    expect(schema.parse(good)).toBe(good);
    expect(schema.safeParse(bad).error?.issues.map(({ message }) => message)).toEqual(['must fit']);
  });

  test('has a meaning that loses the marks of a document where it is said', () => {
    expect(plainMeaning(option)).toBe('the method, GET or not');
  });
});

describe('the base URL of a connection', () => {
  const placed = {
    ...{ ...facts, defaultBaseUrl: 'https://{region}.example' },
    placedBaseUrls: [
      { option: 'region', values: /^cn-/, baseUrl: 'https://{region}.example.cn/{stage}' },
      { option: 'instance', values: /^crn:(?<place>\w+)$/, baseUrl: 'https://{place}.cloud/{region}' },
    ],
  };

  test.each([
    [{ region: 'us-1' }, 'https://us-1.example'],
    [{}, 'https://.example'],
    [{ region: 'cn-7', stage: 'beta', instance: 'crn:de' }, 'https://cn-7.example.cn/beta'],
    [{ region: 'us-1', instance: 'crn:de' }, 'https://de.cloud/us-1'],
    [{ instance: 'crn:de:x' }, 'https://.example'],
  ])('with the options %j is %s', (options, url) => {
    expect(defaultBaseUrlOf(placed, options)).toBe(url);
  });

  test('is none where every customer has a host of their own', () => {
    const { defaultBaseUrl: _, ...none } = facts;
    expect(defaultBaseUrlOf(none, { region: 'us-1' })).toBeUndefined();
    expect(documentedBaseUrls(none)).toEqual([]);
  });

  test('is not one of a place whose option may be empty, unless its pattern says so', () => {
    const { defaultBaseUrl: _, ...none } = facts;
    const at = (values: RegExp) => ({
      ...none,
      placedBaseUrls: [{ option: 'place', values, baseUrl: 'https://a.example' }],
    });
    expect(defaultBaseUrlOf(at(/./), {})).toBeUndefined();
    expect(defaultBaseUrlOf(at(/^$/), {})).toBe('https://a.example');
  });

  test('is documented: that of most places, then those of some', () => {
    const urls = placed.placedBaseUrls.map(({ baseUrl }) => baseUrl);
    expect(documentedBaseUrls(placed)).toEqual(['https://{region}.example', ...urls]);
    expect(documentedBaseUrls({ placedBaseUrls: placed.placedBaseUrls })).toEqual(urls);
    expect(documentedBaseUrls(facts)).toEqual([facts.defaultBaseUrl]);
  });

  test('has a variable of its own', () => {
    expect(baseUrlVariable('hugging-face-x')).toBe('HUGGING_FACE_X_BASE_URL');
  });
});

describe('the key of a connection', () => {
  test.each([
    ['github-actions', 'GITHUB_TOKEN'],
    ['anthropic', 'ANTHROPIC_API_KEY'],
    ['our-own-lab', 'OUR_OWN_LAB_API_KEY'],
  ])('%s is in %s', (connection, name) => {
    expect(keyVariable(connection)).toEqual({ kind: 'variable', name });
  });
});

describe('the providers that the configuration knows', () => {
  const own = new Map([['nimbus', { facts: { ...facts, id: 'nimbus' }, provider: ionq }]]);

  test('are those of calloff, then those of the files', () => {
    const ids = Object.keys(providerFacts);
    expect(allFacts().map(({ id }) => id)).toEqual(ids);
    expect(allFacts(own).map(({ id }) => id)).toEqual([...ids, 'nimbus']);
  });

  test('are found by their ids', () => {
    expect(factsOf('aws-batch')).toBe(batch);
    expect(factsOf('nimbus', own)?.id).toBe('nimbus');
    expect(factsOf('nimbus')).toBeUndefined();
  });

  test('are no adapter at a place that is not set', () => {
    expect(adapterFor(ionq, {})).toBe(ionq);
    expect(() => adapterFor(awsBatch, {})).toThrow('a connection has no region');
  });
});
