import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** A text as Biome wants it in a file of that path, with its imports in order. */
export async function formatted(path: string, content: string): Promise<string> {
  const child = spawn(process.execPath, [biome, 'check', '--write', `--stdin-file-path=${path}`]);
  child.stdin.end(content);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`Biome cannot format ${path}: ${errors}`);
  return output;
}

/** Words as a sentence lists them: `a, b and c`. */
export function listed(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}
