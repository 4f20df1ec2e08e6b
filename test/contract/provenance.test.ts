import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';
import { exchangesOf, type Provenance } from '../fixtures/scenario.ts';
import { page } from '../support/documents.ts';

function sourcesOf(ids: readonly (typeof providerIds)[number][]): Provenance[] {
  return ids.flatMap((id) => exchangesOf(fixtures[id]).map(([, { source }]) => source));
}

function count(sources: readonly Provenance[]): string {
  const shown = sources.filter((source) => 'documented' in source).length;
  return `${shown} documented, ${sources.length - shown} assumed`;
}

describe('the provenance of the fixtures', () => {
  test('is counted, and the README tells the count', async () => {
    for (const id of providerIds) console.log(`${adapters[id].displayName}: ${count(sourcesOf([id]))}`);
    const sentence = `Exchanges in the fixtures: ${count(sourcesOf(providerIds))}.`;
    console.log(sentence);
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [said] = /Exchanges in the fixtures: [^.]*\./.exec(readme.replace(/\s+/g, ' ')) ?? [];
    expect(said).toBe(sentence);
  });

  test.each(providerIds)(
    'has whose a job of %s is, what it runs on and its labels, if docs/providers.md says so',
    (id) => {
      const { displayName } = adapters[id];
      const readings = exchangesOf(fixtures[id]).map(([, { reading }]) => JSON.stringify(reading));
      const row = page('docs/providers.md')
        .split('\n## Whose job is it\n')[1]
        ?.split('\n')
        .find((line) => line.startsWith(`| ${displayName} |`));
      const said = row
        ?.split('|')
        .slice(2, 5)
        .map((cell) => cell.trim() !== '');
      const shown = ['owner', 'target', 'labels'].map((key) =>
        readings.some((reading) => reading.includes(`"${key}":`)),
      );
      expect(said).toEqual(shown);
    },
  );

  test.each(providerIds)('is a page of %s where it is documented, and a reason where it is not', (id) => {
    const { cancel, documentation } = adapters[id];
    const hosts = new Set([cancel.page.url, ...documentation].map((url) => new URL(url).host));
    const strays = sourcesOf([id]).filter((source) =>
      'documented' in source ? !hosts.has(new URL(source.documented).host) : source.assumed.length < 10,
    );
    expect(strays).toEqual([]);
  });
});
