import { describe, expect, it } from 'vitest';
import { operationStates } from '../../shared/contract/operations.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { families } from '../../shared/lib/telemetry/families.ts';
import { requestClasses } from '../../shared/lib/telemetry/meter.ts';
import { page, sectionOf } from '../support/documents.ts';

const section = sectionOf(page('docs/deploy.md'), 'Probes and metrics');
const metrics = Object.values(families).map(({ name }) => name);
/** The closed lists of the labels that alarms choose by. */
const words: Readonly<Record<string, readonly string[]>> = {
  class: requestClasses,
  outcome: outcomeNames,
  state: operationStates,
  job: ['calloff'],
};

describe('docs/deploy.md, "Metrics"', () => {
  it('has a row for every metric', () => {
    const rows = [...section.matchAll(/^\| `(calloff_\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual(metrics.toSorted());
  });

  it('has alarms on metrics that there are, with labels and words that they can have', () => {
    const queries = [...section.matchAll(/^\| `((?:increase|rate|max|up)[^`]*)`/gm)].map(
      ([, text = '']) => text,
    );
    expect(queries.length).toBeGreaterThan(8);
    for (const query of queries) {
      const [, name = ''] = /\b(calloff_\w+|up)\b/.exec(query) ?? [];
      expect([query, ['up', ...metrics].includes(name)]).toEqual([query, true]);
      for (const [, label = '', word = ''] of query.matchAll(/(\w+)="(\w+)"/g))
        expect([query, words[label]?.includes(word)]).toEqual([query, true]);
    }
  });
});
