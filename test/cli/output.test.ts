import fc from 'fast-check';
import { expect, it } from 'vitest';
import { table } from '../../cli/output.ts';

/** What steers a terminal, turns writing round or begins a line. */
const steering = [
  '\u001b[2J',
  '\u009b2J',
  '\u0007',
  '\r',
  '\n',
  '\u2028',
  '\u202e',
  '\u2066',
  '\u200f',
  '\t',
];

it('lets nothing through a table that steers a terminal, turns writing round or begins a line', () => {
  const text = fc
    .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...steering)))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (rows) => {
      const lines = table(['JOB', 'NAME'], rows).split('\n');
      expect(lines).toHaveLength(rows.length + 1);
      for (const line of lines) expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    }),
  );
});

it('leaves names as they are otherwise', () => {
  expect(table(['JOB', 'NAME'], [['a', 'Nächtlicher Lauf 漢字']])).toBe(
    'JOB  NAME\na    Nächtlicher Lauf 漢字',
  );
});
