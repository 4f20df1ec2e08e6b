import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../cli/input/csv.ts';
import { jobsInFile } from '../../cli/input/job-file.ts';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,20}$/);
const job = fc.record({ provider: fc.constantFrom('ionq', 'sutro'), job_id: id });
const jobs = fc.array(job, { minLength: 1, maxLength: 20 });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('comma-separated values', () => {
  it('come back as they were written, whatever their fields hold', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'é', '\ufeff') });
    const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (written, end) => {
        const text = written.map((fields) => fields.map(quoted).join(',')).join(end);
        const { records, faults } = readCsv(text, ',');
        expect([records.map(({ fields }) => fields), faults]).toEqual([written, []]);
      }),
    );
  });
});

describe('a file of jobs', () => {
  it('gives back its jobs, however it is written', () => {
    const format = fc.record({
      order: fc.shuffledSubarray(['provider', 'job_id', 'note'], { minLength: 3 }),
      separator: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n \r\n'),
      isQuoted: fc.boolean(),
      isClosed: fc.boolean(),
      mark: fc.constantFrom('', '\ufeff'),
      note: fc.constantFrom('', 'a, b; c', 'two\nlines', 'a "word"'),
    });
    fc.assert(
      fc.property(jobs, format, (named, { order, separator, end, isQuoted, isClosed, mark, note }) => {
        const written = (value: string) => (isQuoted || /[,;"\n\t]/.test(value) ? quoted(value) : value);
        const rows = named.map((each) => ({ ...each, note }));
        const lines = [
          order.map(written),
          ...rows.map((row) => order.map((name) => written(new Map(Object.entries(row)).get(name) ?? ''))),
        ].map((fields) => fields.join(separator));
        const read = jobsInFile(`${mark}${lines.join(end)}${isClosed ? end : ''}`, undefined);
        expect(read.ok && read.jobs.map(({ provider, job_id }) => ({ provider, job_id }))).toEqual(named);
      }),
    );
  });

  it('gives back the ids of a file without a header, for the connection that is named', () => {
    fc.assert(
      fc.property(jobs, fc.constantFrom('\n', '\r\n', '\r'), (named, end) => {
        const read = jobsInFile(named.map(({ job_id }) => job_id).join(end), 'ionq');
        expect(read.ok && read.jobs).toEqual(
          named.map(({ job_id }, index) => ({ provider: 'ionq', job_id, line: index + 1 })),
        );
      }),
    );
  });

  it('names the line in which a job stands, behind fields of several lines and empty lines', () => {
    const text = 'note,job_id\r\n"a\nb",job-1\r\n\r\n,job-2\r\n';
    expect(jobsInFile(text, 'sutro')).toEqual({
      ok: true,
      jobs: [
        { provider: 'sutro', job_id: 'job-1', line: 2 },
        { provider: 'sutro', job_id: 'job-2', line: 5 },
      ],
    });
  });

  it.each([
    ['nothing', '\ufeff\n \r\n', 'sutro', ['The file names no job.']],
    ['a header alone', 'provider,job_id\n', undefined, ['The file names no job.']],
    [
      'ids without a connection',
      '\njob-1\n',
      undefined,
      [expect.stringMatching(/^Line 2 must name the columns/)],
    ],
    ['no connection', 'job_id\njob-1\n', undefined, [expect.stringMatching(/names no column provider/)]],
    [
      'two connections',
      'provider,job_id\nionq,job-1\n',
      'ionq',
      [expect.stringMatching(/leave PROVIDER out/)],
    ],
    ['a column twice', 'job_id,Job_Id\nx,y\n', 'ionq', ['The header names the column job_id twice.']],
    [
      'a row too short',
      'provider,job_id\nionq,a\nionq\n',
      undefined,
      ['Line 3 has 1 field, but the header has 2.'],
    ],
    ['no id', 'provider,job_id\nionq, \n', undefined, ['Line 2 has no job_id.']],
    ['no provider', 'provider,job_id\n,a\n', undefined, ['Line 2 has no provider.']],
    ['rows without a header', 'ionq,a\n', 'ionq', [expect.stringMatching(/^Line 1 has 2 fields\. Without/)]],
    [
      'an open quote',
      'job_id\na\n"b\nc\n',
      'ionq',
      ['Line 3 begins a field with a quote that no other quote closes.'],
    ],
    ['text behind a quote', 'job_id\n"a"b\n', 'ionq', [expect.stringMatching(/^Line 2 has text behind/)]],
    ['a quote in a field', 'job_id\na"b\n', 'ionq', [expect.stringMatching(/^Line 2 has a quote within/)]],
  ])('says what is wrong with one that has %s', (_what, text, provider, why) => {
    expect(jobsInFile(text, provider)).toEqual({ ok: false, why });
  });

  it('names the first five faults, and how many more there are', () => {
    const read = jobsInFile(`provider,job_id\n${'ionq\n'.repeat(9)}`, undefined);
    expect(read.ok ? [] : read.why).toEqual([
      ...[2, 3, 4, 5, 6].map((line) => `Line ${line} has 1 field, but the header has 2.`),
      '4 more lines have faults.',
    ]);
  });

  it('is read in time in proportion to its length', () => {
    const text = `job_id\n${'"'.repeat(200_000)}\n${'a,'.repeat(200_000)}`;
    const { records } = readCsv(text, ',');
    expect(records).toHaveLength(3);
  });
});
