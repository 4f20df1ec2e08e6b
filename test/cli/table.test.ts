import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, truncateToWidth } from '../../cli/output/display-width.ts';
import { inListOrder, jobTable } from '../../cli/output/job-table.ts';
import { type Column, table } from '../../cli/output/table.ts';
import type { Terminal } from '../../cli/output/terminal.ts';
import { wrapAfter } from '../../cli/output/wrap.ts';
import type { JobView } from '../../shared/contract/answers/job-schema.ts';
import { isFinal, states } from '../../shared/contract/outcome.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { plainText } from '../../shared/lib/text.ts';
import { runs } from '../support/thorough.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const wide: Terminal = { width: Number.POSITIVE_INFINITY, hasColour: false };

/** What steers a terminal, turns writing round or begins a line. */
const steering = [
  ...['\u001b[2J', '\u001b]0;title\u0007', '\u009b2J', '\u0007', '\r', '\n'],
  ...['\u2028', '\u202e', '\u2066', '\u200f', '\t', '\u001b[31m'],
];

/** Names as providers may hold them: any script, wide characters, pictures, marks, and what steers a terminal. */
const name = fc
  .array(
    fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...steering, '漢字', 'ガ', '👩‍🔬', '🇩🇪', 'é', 'e\u0301\u0301', 'ﷺ', '한국어'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((uuid) => `job-${uuid}`),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{11,40}$/),
);

const job: fc.Arbitrary<JobView> = fc.record({
  provider: fc.constantFrom('ionq', 'promptloop', 'ionq-research-2'),
  job_id: id,
  state: fc.constantFrom(...states),
  name,
  owner: fc.option(name, { nil: undefined }),
  created_at: fc.integer({ min: 1, max: 400_000_000 }).map((s) => new Date(now - s * 1_000).toISOString()),
  evidence: fc.constant({ source: 'status', provider_status: null, observed_at: null } as const),
});

const jobs = fc.uniqueArray(job, { selector: ({ job_id }) => job_id, minLength: 1, maxLength: 12 });
const width = fc.integer({ min: 40, max: 200 });

/** Without the styles that calloff writes; anything else that begins with an escape character stays. */
function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d{1,2}m`, 'g'), '');
}

/** Marks that Node counts as wide, and terminals draw over the letter before them. */
const contested = /[\u302a-\u302d\u3099\u309a\u{16fe4}\u{1d15e}-\u{1d164}\u{1d1bb}-\u{1d1c0}]/u;

/** The columns that Node's own line editor counts for a text: an independent measure. */
function columnsByNode(text: string): number {
  const editor = createInterface({ input: new PassThrough() });
  editor.setPrompt(text);
  const { cols, rows } = editor.getCursorPos();
  editor.close();
  return rows === 0 ? cols : Number.NaN;
}

describe('a table of jobs', () => {
  it('has no line that is wider than the terminal, but for an id that is', () => {
    fc.assert(
      fc.property(jobs, width, (listed, columns) => {
        const text = jobTable(listed, { terminal: { width: columns, hasColour: false }, now });
        const tooLong = listed.map(({ job_id }) => job_id).filter(({ length }) => length > columns);
        for (const line of text.split('\n'))
          if (!tooLong.some((each) => line.includes(each)))
            expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }),
      { numRuns: runs(500, 50) },
    );
  });

  it('loses no job, and cuts no id and no connection', () => {
    fc.assert(
      fc.property(jobs, width, (listed, columns) => {
        const lines = jobTable(listed, { terminal: { width: columns, hasColour: false }, now }).split('\n');
        for (const { job_id, provider } of listed) {
          const own = lines.filter((line) => line.split(/ +/).includes(job_id));
          expect(own).toHaveLength(1);
          const isAlone = own[0]?.trim() === job_id;
          const place = isAlone ? lines[lines.indexOf(own[0] ?? '') - 1] : own[0];
          expect(place?.split(/ +/)).toContain(provider);
        }
      }),
      { numRuns: runs(100, 40) },
    );
  });

  it('lets nothing through that steers a terminal, turns writing round or begins a line', () => {
    fc.assert(
      fc.property(jobs, width, fc.boolean(), (listed, columns, hasColour) => {
        const text = jobTable(listed, { terminal: { width: columns, hasColour }, now });
        const own = hasColour ? withoutColours(text) : text;
        for (const line of own.split('\n')) expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: runs(100, 40) },
    );
  });

  it('says the same in colours', () => {
    fc.assert(
      fc.property(jobs, width, (listed, columns) => {
        const [plain = '', painted = ''] = [false, true].map((hasColour) =>
          jobTable(listed, { terminal: { width: columns, hasColour }, now }),
        );
        expect(stripVTControlCharacters(painted)).toBe(plain);
        expect(painted).not.toBe(plain);
      }),
      { numRuns: runs(100, 40) },
    );
  });

  it('shows whole names and exact times if it is wide', () => {
    fc.assert(
      fc.property(jobs, (listed) => {
        const text = jobTable(listed, { terminal: { width: 40, hasColour: false }, wide: true, now });
        const lines = text.split('\n').slice(1);
        expect(lines).toHaveLength(listed.length);
        for (const [index, { name = '', owner = '', created_at = '' }] of listed.entries()) {
          const { [index]: line = '' } = lines;
          const whose = plainText(owner);
          expect(line).toContain(created_at);
          expect(line.endsWith(whose)).toBe(true);
          expect(
            line
              .slice(0, line.length - whose.length)
              .trimEnd()
              .endsWith(plainText(name)),
          ).toBe(true);
        }
      }),
      { numRuns: runs(100, 40) },
    );
  });

  const shown = (columns: number, more: Partial<JobView> = {}) =>
    jobTable(
      [
        {
          provider: 'ionq',
          job_id: '454d00f0-88ef-405d-a288-abd8ab0a6097',
          state: 'running',
          name: 'VQE ansatz sweep for water, repeated with the corrected basis set',
          created_at: '2026-11-28T11:57:00Z',
          ...more,
        },
      ],
      { terminal: { width: columns, hasColour: false }, now },
    );

  it('has a column for the state if a name keeps enough room beside it', () => {
    expect(shown(100)).toBe(
      [
        'STATE      PROVIDER  JOB                                   AGE    NAME',
        '● running  ionq      454d00f0-88ef-405d-a288-abd8ab0a6097  3 min  VQE ansatz sweep for water, repea…',
      ].join('\n'),
    );
  });

  it('else puts jobs below their state, and then ids below their jobs', () => {
    expect(shown(80)).toBe(
      [
        'PROVIDER  JOB                                   AGE    NAME',
        '● running (1)',
        'ionq      454d00f0-88ef-405d-a288-abd8ab0a6097  3 min  VQE ansatz sweep for wat…',
      ].join('\n'),
    );
    expect(shown(60)).toBe(
      [
        ...['AGE    NAME', '  PROVIDER  JOB', '● running (1)'],
        '3 min  VQE ansatz sweep for water, repeated with the correc…',
        '  ionq      454d00f0-88ef-405d-a288-abd8ab0a6097',
      ].join('\n'),
    );
  });

  it('has a column for the owner if both texts keep enough room, and else the owner behind the name', () => {
    const owned = { provider: 'sutro', job_id: 'job-1', name: 'sweep', owner: 'ada\u001b[2J@example.com' };
    expect(shown(80, owned)).toBe(
      [
        'STATE      PROVIDER  JOB    AGE    NAME   OWNER',
        '● running  sutro     job-1  3 min  sweep  ada[2J@example.com',
      ].join('\n'),
    );
    expect(shown(80, { name: 'VQE sweep', owner: 'ada@example.com' })).toBe(
      [
        'PROVIDER  JOB                                   AGE    NAME',
        '● running (1)',
        'ionq      454d00f0-88ef-405d-a288-abd8ab0a6097  3 min  VQE sweep by ada@example…',
      ].join('\n'),
    );
  });

  it('has everything else where nothing is cut', () => {
    const told = {
      ...{ owner: 'ada', target: 'qpu-1', labels: { team: 'ml', env: '' } },
      ...{ started_at: '2026-11-28T11:58:00Z', cost: { amount: 0.5, currency: 'EUR' } },
    };
    const job = { provider: 'ionq', job_id: 'job-1', state: 'running' as const, ...told };
    expect(jobTable([job], { terminal: { width: 40, hasColour: false }, wide: true, now })).toBe(
      [
        'STATE      PROVIDER  JOB    OWNER  TARGET  LABELS         STARTED               COST',
        '● running  ionq      job-1  ada    qpu-1   team=ml, env=  2026-11-28T11:58:00Z  0.5 EUR',
      ].join('\n'),
    );
  });

  it('leaves out a column in which nothing stands', () => {
    expect(shown(100, { name: '', created_at: 'never' })).toBe(
      'STATE      PROVIDER  JOB\n● running  ionq      454d00f0-88ef-405d-a288-abd8ab0a6097',
    );
  });
});

describe('the order of a list', () => {
  it('begins with what still runs and ends with what is over, each with the newest first', () => {
    fc.assert(
      fc.property(jobs, (listed) => {
        const ordered = inListOrder(listed);
        expect(new Set(ordered)).toEqual(new Set(listed));
        const firstOver = ordered.findIndex(({ state }) => isFinal(state));
        if (firstOver !== -1)
          expect(ordered.slice(firstOver).every(({ state }) => isFinal(state))).toBe(true);
        const lastRunning = ordered.findLastIndex(({ state }) => state === 'running');
        expect(ordered.slice(0, lastRunning + 1).every(({ state }) => state === 'running')).toBe(true);
        for (const [index, { state, created_at = '' }] of ordered.entries()) {
          const next = ordered[index + 1];
          if (next?.state === state) expect((next.created_at ?? '') <= created_at).toBe(true);
        }
      }),
      { numRuns: runs(100, 40) },
    );
  });
});

describe('a table of anything', () => {
  const columns: readonly Column[] = ['plain', 'text', 'plain', 'text', 'id', 'text', 'plain'].map(
    (kind, index) => ({ title: `T${index}`, kind: kind === 'id' || kind === 'text' ? kind : 'plain' }),
  );

  it('keeps to the width, row by row, whatever stands in its cells', () => {
    const row = fc.tuple(name, name, name, name, fc.uuid(), name, name);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), width, (rows, most) => {
        const lines = table(columns, rows, { width: most, hasColour: false }).split('\n');
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(most);
        for (const [, , , , uuid] of rows) expect(lines.some((line) => line.includes(uuid))).toBe(true);
        expect([rows.length + 1, 2 * rows.length + 2]).toContain(lines.length);
      }),
      { numRuns: runs(500, 50) },
    );
  });

  it('leaves names as they are otherwise', () => {
    const two: readonly Column[] = [
      { title: 'JOB', kind: 'id' },
      { title: 'NAME', kind: 'text' },
    ];
    expect(table(two, [['a', 'Nächtlicher Lauf 漢字']], wide)).toBe('JOB  NAME\na    Nächtlicher Lauf 漢字');
  });
});

describe('the width of a text', () => {
  it.each([
    ['Nächtlicher Lauf', 16],
    ['漢字かなカナ', 12],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['e\u0301a\u0308', 2],
    ['🚀 go', 5],
    ['…', 1],
    ['العربية', 7],
    ['', 0],
  ])('of %j is %i, by Node too', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
    expect(columnsByNode(text)).toBe(columns);
  });

  it('is never less than Node counts for what terminals may draw', () => {
    fc.assert(
      fc.property(name.map(plainText), (text) => {
        fc.pre(!contested.test(text) && columnsByNode(text) < 80);
        expect(displayWidth(text)).toBeGreaterThanOrEqual(columnsByNode(text));
      }),
      { numRuns: runs(500, 50) },
    );
  });

  it('is kept to by a cut, which ends between characters', () => {
    fc.assert(
      fc.property(name.map(plainText), fc.integer({ min: 2, max: 40 }), (text, most) => {
        const cut = truncateToWidth(text, most);
        expect(displayWidth(cut)).toBeLessThanOrEqual(most);
        expect(cut.isWellFormed()).toBe(true);
        if (cut !== text) expect(text.startsWith(cut.slice(0, -1)) && cut.endsWith('…')).toBe(true);
      }),
      { numRuns: runs(100, 40) },
    );
    expect(truncateToWidth('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect(truncateToWidth('漢字漢字', 4)).toBe('漢…');
  });
});

describe('a sentence', () => {
  it('is broken between words at the width, and loses none', () => {
    const sentence = fc
      .array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(sentence, width, (text, most) => {
        const lines = wrapAfter('Note: ', text, most).split('\n');
        expect(lines.map((line) => line.slice(6)).join(' ')).toBe(text);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: runs(100, 40) },
    );
  });
});
