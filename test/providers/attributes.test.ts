import { describe, expect, test } from 'vitest';
import {
  attributeField,
  attributesOf,
  costField,
  labelsField,
  tagsField,
} from '../../shared/adapter/attributes.ts';

describe('an owner or a target', () => {
  test.each([
    ['ada@example.com', 'ada@example.com'],
    [' a\u202eda\u0000\r\n lovelace\u200b ', 'ada lovelace'],
    [null, null],
    ['', null],
    [undefined, undefined],
    [' \u200b\ufeff', undefined],
    [7, undefined],
    [{ name: 'ada' }, undefined],
    ['a'.repeat(200), 'a'.repeat(200)],
    ['a'.repeat(900), 'a'.repeat(200)],
    [`${'a'.repeat(199)}🚀`, `${'a'.repeat(199)}\ufffd`],
  ])('%j reads as %j', (value, shown) => {
    expect(attributeField.parse(value)).toBe(shown);
  });
});

describe('the labels of a job', () => {
  test.each([
    [{ team: 'ml', env: '' }, { labels: { team: 'ml', env: '' } }],
    [null, { labels: {} }],
    [{}, { labels: {} }],
    [undefined, undefined],
    ['team=ml', undefined],
    [['team'], undefined],
  ])('%j reads as %j', (value, labels) => {
    expect(labelsField.parse(value)).toEqual(labels);
  });

  test.each([
    ['no text', { team: 'ml', size: 7 }],
    ['invisible', { team: 'ml', note: '\u200b' }],
    ['a key without a visible character', { team: 'ml', '\ufeff': 'x' }],
    ['a key that looks like another', { team: 'ml', 'te\u200bam': 'web' }],
    ['a key that is too long', { team: 'ml', ['k'.repeat(200)]: 'x' }],
    ['a key that means something else', JSON.parse('{"team":"ml","__proto__":"x"}')],
  ])('says that there are more if one is left out: %s', (_, value) => {
    expect(labelsField.parse(value)).toEqual({ labels: { team: 'ml' }, hasMoreLabels: true });
  });

  test('are the first sixteen, and it says that there are more', () => {
    const all = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']));
    const { labels = {}, hasMoreLabels } = labelsField.parse(all) ?? {};
    expect(Object.keys(labels)).toEqual(Object.keys(all).slice(0, 16));
    expect(hasMoreLabels).toBe(true);
  });

  test('have values that are cut at 200 units', () => {
    expect(labelsField.parse({ note: 'x'.repeat(300) })).toEqual({ labels: { note: 'x'.repeat(200) } });
  });
});

describe('the tags of a job', () => {
  test.each([
    [['nightly'], { labels: { nightly: '' } }],
    [['team=ml', 'note=a=b', 'open='], { labels: { team: 'ml', note: 'a=b', open: '' } }],
    [['nightly', 'nightly'], { labels: { nightly: '' } }],
    [[], { labels: {} }],
    [null, undefined],
    [{ team: 'ml' }, undefined],
  ])('%j read as labels: %j', (value, labels) => {
    expect(tagsField.parse(value)).toEqual(labels);
  });

  test.each([
    ['two values of one key', ['team=ml', 'team=web']],
    ['no text', ['team=ml', { name: 'prod' }]],
    ['no key', ['team=ml', '=prod']],
  ])('say that there are more if one is left out: %s', (_, value) => {
    expect(tagsField.parse(value)).toEqual({ labels: { team: 'ml' }, hasMoreLabels: true });
  });
});

describe('a cost', () => {
  test('is an amount with its currency', () => {
    expect(costField.parse({ amount: 1.5, currency: 'USD' })).toEqual({ amount: 1.5, currency: 'USD' });
  });

  test.each([
    { amount: 1.5 },
    { amount: -1, currency: 'USD' },
    { amount: '1.5', currency: 'USD' },
    { amount: 1.5, currency: 'USDX' },
    { amount: 1.5, currency: 'aUSD' },
    { amount: 1.5, currency: 'dollars, and call this number' },
    null,
  ])('is not %j', (value) => {
    expect(costField.parse(value)).toBeUndefined();
  });
});

describe('what rules and filters compare', () => {
  const job = { jobId: 'x', state: 'running', providerStatus: null } as const;
  const cut = 'a'.repeat(200);
  const nothing = {
    name: undefined,
    owner: undefined,
    target: undefined,
    targetAliases: [],
    labels: undefined,
  };

  test.each([
    [{}, nothing],
    [
      { name: 'wing', owner: 'ada', target: 'q1' },
      { ...nothing, name: 'wing', owner: 'ada', target: 'q1' },
    ],
    [
      { owner: null, target: null },
      { ...nothing, owner: null, target: null },
    ],
    [{ owner: cut, target: cut }, nothing],
    [{ owner: cut.slice(1) }, { ...nothing, owner: cut.slice(1) }],
    [{ targetAlias: 'q2' }, { ...nothing, targetAliases: ['q2'] }],
    [{ targetAlias: null }, { ...nothing, targetAliases: [undefined] }],
    [{ labels: { team: 'ml' } }, { ...nothing, labels: { pairs: [['team', 'ml']], isWhole: true } }],
    [
      { labels: { team: cut }, hasMoreLabels: true as const },
      { ...nothing, labels: { pairs: [['team', undefined]], isWhole: false } },
    ],
  ])('of a job is what it shows, unless that was cut: %#', (shown, compared) => {
    expect(attributesOf({ ...job, ...shown })).toEqual(compared);
  });
});
