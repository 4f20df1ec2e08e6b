import { describe, expect, it } from 'vitest';
import { operationStates } from '../../shared/contract/operations.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { families } from '../../shared/lib/telemetry/families.ts';
import { requestClasses } from '../../shared/lib/telemetry/meter.ts';
import { MetricRegistry } from '../../shared/lib/telemetry/registry.ts';
import { page, sectionOf } from '../support/documents.ts';
import { readTextFormat } from './text-format.ts';

const section = sectionOf(page('docs/deploy.md'), 'Probes and metrics');
const metrics = Object.values(families).map(({ name }) => name);
/** The closed lists of the labels that alarms choose by. */
const words: Readonly<Record<string, readonly string[]>> = {
  class: requestClasses,
  outcome: outcomeNames,
  state: operationStates,
  job: ['calloff'],
};

const queries = [...section.matchAll(/^\| `((?:increase|rate|max|up)[^`]*)`/gm)].map(([, text = '']) => text);

describe('docs/deploy.md, "Metrics"', () => {
  it('has a row for every metric', () => {
    const rows = [...section.matchAll(/^\| `(calloff_\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual(metrics.toSorted());
  });

  it('has alarms on metrics that there are, with labels and words that they can have', () => {
    expect(queries.length).toBeGreaterThan(8);
    for (const query of queries) {
      const [, name = ''] = /\b(calloff_\w+|up)\b/.exec(query) ?? [];
      expect([query, ['up', ...metrics].includes(name)]).toEqual([query, true]);
      for (const [, label = '', word = ''] of query.matchAll(/(\w+)="(\w+)"/g))
        expect([query, words[label]?.includes(word)]).toEqual([query, true]);
    }
  });

  it('sees the first event of each: what an alarm takes the increase of is there at zero from the start', () => {
    const started = new MetricRegistry({
      ...{ connections: ['ionq', 'sutro'], surfaces: ['http', 'cli'], operations: ['cancel', 'list'] },
    });
    const samples = readTextFormat(started.render(undefined));
    const increases = queries.filter((query) => /^(?:increase|rate)/.test(query));
    expect(increases.length).toBeGreaterThan(6);
    for (const query of increases) {
      const [, name = '', , label = '', word = ''] = /(calloff_\w+)(\{(\w+)="(\w+)"\})?/.exec(query) ?? [];
      const own = samples.filter(
        (sample) => sample.name === name && (label === '' || sample.labels[label] === word),
      );
      expect([query, own.map(({ value }) => value)]).toEqual([query, Array(label === '' ? 1 : 4).fill(0)]);
    }
  });
});
