import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(tmpdir(), `calloff-test-${process.pid}-${randomUUID()}`);
process.once('exit', () => rmSync(root, { recursive: true, force: true }));

/** The path of a folder that nobody has used yet, gone when the process ends. Whoever uses it makes it. */
export function freshFolder(): string {
  return join(root, randomUUID());
}
