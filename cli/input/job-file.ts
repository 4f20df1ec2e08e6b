import { isVisible, trimInvisible } from '../../shared/lib/names.ts';
import { type CsvRecord, readCsv } from './csv.ts';

/** A job that a file names, and in which line. */
export interface JobInFile {
  readonly provider: string;
  readonly job_id: string;
  readonly line: number;
}

/** The jobs of a file, or every reason why it cannot be used. */
export type JobFile =
  | { readonly ok: true; readonly jobs: readonly JobInFile[] }
  | { readonly ok: false; readonly why: readonly string[] };

const separators = [',', ';', '\t'] as const;
/** How many faults of one file are told. */
const mostTold = 5;

/**
 * The jobs in a text of comma-separated values: with a header that names the columns `job_id` and `provider`, in any order
 * beside others; or, with a connection given, one id a line. Empty lines are left out; every other fault makes it unusable,
 * because a job that is left out keeps running.
 */
export function jobsInFile(text: string, provider: string | undefined): JobFile {
  const [first = ''] = text.split(/\r|\n/, 1);
  const hasHeader = columnsIn(first) !== undefined;
  const { records, faults } = readCsv(text, hasHeader ? separatorOf(first) : ',');
  if (faults.length > 0) return unusable(faults.map(({ line, what }) => `Line ${line} ${what}.`));
  const filled = records.filter(({ fields }) => fields.some(isVisible));
  const [header, ...rest] = filled;
  if (header === undefined) return unusable(['The file names no job.']);
  const columns = hasHeader ? namesIn(header.fields) : undefined;
  return columns === undefined ? idsIn(filled, provider) : rowsIn(rest, columns, provider);
}

function separatorOf(header: string): string {
  return separators.find((separator) => header.includes(separator)) ?? ',';
}

/** The names of the columns in the first line; `undefined` if it is no header. */
function columnsIn(first: string): readonly string[] | undefined {
  const { records, faults } = readCsv(first, separatorOf(first));
  const [record] = records;
  if (record === undefined || faults.length > 0) return undefined;
  const names = namesIn(record.fields);
  return names.includes('job_id') ? names : undefined;
}

function namesIn(fields: readonly string[]): readonly string[] {
  return fields.map((field) => trimInvisible(field).toLowerCase());
}

function idsIn(records: readonly CsvRecord[], provider: string | undefined): JobFile {
  if (provider === undefined)
    return unusable([
      `Line ${records[0]?.line ?? 1} must name the columns provider and job_id, in any order. If the file holds ids alone, give their PROVIDER before --from.`,
    ]);
  const wrong = records.filter(({ fields }) => fields.length > 1);
  if (wrong.length > 0)
    return unusable(
      wrong.map(
        ({ line, fields }) =>
          `Line ${line} has ${fields.length} fields. Without a line that names the column job_id, a line is one id.`,
      ),
    );
  const jobs = records.map(({ line, fields: [job_id = ''] }) => ({
    provider,
    job_id: trimInvisible(job_id),
    line,
  }));
  return { ok: true, jobs };
}

function rowsIn(
  rows: readonly CsvRecord[],
  columns: readonly string[],
  provider: string | undefined,
): JobFile {
  const [ids, providers] = [columns.indexOf('job_id'), columns.indexOf('provider')];
  const twice = ['job_id', 'provider'].filter((name) => columns.indexOf(name) !== columns.lastIndexOf(name));
  if (twice.length > 0) return unusable(twice.map((name) => `The header names the column ${name} twice.`));
  if (provider === undefined && providers === -1)
    return unusable(['The header names no column provider. Add it, or give PROVIDER before --from.']);
  if (provider !== undefined && providers !== -1)
    return unusable(['The file has a column provider: leave PROVIDER out.']);
  if (rows.length === 0) return unusable(['The file names no job.']);
  const read = rows.map(({ line, fields }) => ({
    line,
    fields,
    job_id: trimInvisible(fields[ids] ?? ''),
    provider: provider ?? trimInvisible(fields[providers] ?? ''),
  }));
  const wrong = read.flatMap(({ line, fields, job_id, ...job }) => {
    if (fields.length !== columns.length)
      return [`Line ${line} has ${fieldsOf(fields.length)}, but the header has ${columns.length}.`];
    if (job_id === '') return [`Line ${line} has no job_id.`];
    return job.provider === '' ? [`Line ${line} has no provider.`] : [];
  });
  if (wrong.length > 0) return unusable(wrong);
  return { ok: true, jobs: read.map(({ fields: _, ...job }) => job) };
}

function fieldsOf(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}

function unusable(why: readonly string[]): JobFile {
  const more = why.length - mostTold;
  if (more <= 0) return { ok: false, why };
  return { ok: false, why: [...why.slice(0, mostTold), `${more} more lines have faults.`] };
}
