import { isVisible } from '../../shared/lib/names.ts';

/** What stands for the ids on standard input. */
const standardInput = '-';
/** More than the ids of the largest request take. */
const mostBytes = 4_000_000;

/** Job ids of a command line, or why they cannot be used. */
export type JobIds =
  | { readonly ok: true; readonly ids: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** What standard input is, as far as this module needs it. */
export interface Input extends AsyncIterable<unknown> {
  readonly isTTY?: boolean;
}

/**
 * The job ids that a command line names; `-` stands for those on standard input, one in a line. Lines on which nothing
 * can be seen are left out. No id at all is an error: nothing is cancelled by omission.
 */
export async function readJobIds(named: readonly string[], input: Input): Promise<JobIds> {
  const ids = named.filter((id) => !isBlank(id));
  if (!ids.includes(standardInput)) return { ok: true, ids };
  if (ids.length > 1)
    return { ok: false, why: '"-" stands for the ids on standard input: name no other ids beside it.' };
  if (input.isTTY) process.stderr.write('Type one job id a line, then press Ctrl-D.\n');
  const text = await readText(input);
  if (text === undefined) return { ok: false, why: 'Standard input holds more than one request may name.' };
  const read = text.split('\n').filter(isVisible);
  return read.length === 0 ? { ok: false, why: 'Standard input holds no job id.' } : { ok: true, ids: read };
}

/** Everything on standard input; `undefined` if it is too much. */
async function readText(input: Input): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A line of a file that holds nothing but its end, such as a carriage return. An argument that is empty is a fault. */
function isBlank(id: string): boolean {
  return id !== '' && !isVisible(id);
}
