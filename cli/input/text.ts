import { readFile, stat } from 'node:fs/promises';
import { systemCode } from '../../shared/lib/log.ts';

/** More than the ids of the largest operation take, with other columns beside them. */
const mostBytes = 64_000_000;
const tooMuch = 'holds more than an operation may name';

/** What standard input is, as far as calloff needs it. */
export interface Input extends AsyncIterable<unknown> {
  readonly isTTY?: boolean;
}

/** A text that was read, or why it cannot be used. */
export type ReadText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** Everything on standard input. On a terminal it says what to do. */
export async function readInputText(input: Input): Promise<ReadText> {
  if (input.isTTY) process.stderr.write('Type one job id a line, then press Ctrl-D.\n');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > mostBytes) return { ok: false, why: `Standard input ${tooMuch}.` };
    chunks.push(part);
  }
  return { ok: true, text: Buffer.concat(chunks).toString('utf8') };
}

/** Everything in a file. */
export async function readFileText(path: string): Promise<ReadText> {
  try {
    if ((await stat(path)).size > mostBytes) return { ok: false, why: `The file ${tooMuch}.` };
    return { ok: true, text: await readFile(path, 'utf8') };
  } catch (error) {
    const code = systemCode(error);
    const what =
      code === 'ENOENT'
        ? 'There is no file'
        : code === 'EISDIR'
          ? 'A folder is no file:'
          : 'calloff cannot read';
    return { ok: false, why: `${what} ${path} (${code}).` };
  }
}
