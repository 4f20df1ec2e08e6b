import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Input } from '../input/text.ts';

/** A token, or why there is none. */
export type ReadToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly why: string | undefined };

/** More than the longest token has. */
const mostBytes = 10_000;

/** The token on standard input, to its end. */
export async function readPipedToken(input: Input): Promise<ReadToken> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > mostBytes) return { ok: false, why: 'Standard input holds more than a token.' };
    chunks.push(part);
  }
  return { ok: true, token: Buffer.concat(chunks).toString('utf8').trim() };
}

/** Asks for the token at the terminal, which does not show what is typed. Ctrl-C and the end of the input are no answer. */
export async function askToken(input: NodeJS.ReadStream): Promise<ReadToken> {
  process.stderr.write('Token (it is not shown): ');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output: unseen, terminal: true });
  try {
    const token = await new Promise<string | undefined>((resolve) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () => resolve(undefined));
      terminal.once('close', () => resolve(undefined));
    });
    return token === undefined ? { ok: false, why: undefined } : { ok: true, token: token.trim() };
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
