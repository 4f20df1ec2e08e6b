/** A record of a file of comma-separated values, and the line that it begins in. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Something in a line that makes the file unreadable: the end of a sentence that begins with the line. */
export interface CsvFault {
  readonly line: number;
  readonly what: string;
}

const unclosed = 'begins a field with a quote that no other quote closes';
const afterQuote = 'has text behind a closing quote; a quote within a field must be doubled';
const withinField = 'has a quote within a field; put the whole field in quotes, and double the quote';

/** A field, and the place of what ended it. */
interface Field {
  readonly text: string;
  readonly end: number;
  readonly fault?: string;
}

/**
 * The records of a text by RFC 4180, with any line ends. A field in quotes may hold separators, line ends and doubled quotes.
 * Records after a quote that is not closed are not read.
 */
export function readCsv(
  text: string,
  separator: string,
): { readonly records: readonly CsvRecord[]; readonly faults: readonly CsvFault[] } {
  const records: CsvRecord[] = [];
  const faults: CsvFault[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const fields: string[] = [];
    const begin = line;
    for (;;) {
      const field = text[at] === '"' ? quotedField(text, at, separator) : plainField(text, at, separator);
      if (field.fault !== undefined) faults.push({ line, what: field.fault });
      line += lineEndsIn(text.slice(at, field.end));
      fields.push(field.text);
      at = field.end;
      if (text[at] !== separator) break;
      at += 1;
    }
    records.push({ line: begin, fields });
    if (at < text.length) line += 1;
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return { records, faults };
}

function plainField(text: string, from: number, separator: string): Field {
  const end = endOfField(text, from, separator);
  const field = text.slice(from, end);
  return { text: field, end, ...(field.includes('"') && { fault: withinField }) };
}

function quotedField(text: string, from: number, separator: string): Field {
  let close = text.indexOf('"', from + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1) return { text: text.slice(from + 1), end: text.length, fault: unclosed };
  const field = text.slice(from + 1, close).replaceAll('""', '"');
  const end = endOfField(text, close + 1, separator);
  const isClean = text.slice(close + 1, end).trim() === '';
  return { text: field, end, ...(!isClean && { fault: afterQuote }) };
}

function endOfField(text: string, from: number, separator: string): number {
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return end;
}

function lineEndsIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
