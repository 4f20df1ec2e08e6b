import { createHash } from 'node:crypto';
import { type ProviderName, twinNames, twins } from './providers/index.ts';
import type { PretendProvider } from './twin/pretend-provider.ts';

type Addable = Pick<PretendProvider, 'addJob'>;

/** Fills each provider with the jobs of its twin, created minutes to days ago, that go on from there. */
export function seedDemo(providers: { readonly [name in ProviderName]: Addable }): void {
  // One moment for all: jobs of the same age are in the same order at every start.
  const now = Date.now();
  for (const twin of twinNames) {
    const { demo, idOf } = twins[twin];
    for (const [index, [name, state, ageMinutes, more]] of demo.entries()) {
      const createdAt = new Date(now - ageMinutes * 60_000);
      providers[twin].addJob({ id: idOf(uuidOf(`${twin} ${index}`)), name, state, createdAt, ...more });
    }
  }
}

/** The same id at every start, so that what was written down of a job can be tried again. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  const group = (from: number, to: number) => digits.slice(from, to);
  return `${group(0, 8)}-${group(8, 12)}-4${group(13, 16)}-a${group(17, 20)}-${group(20, 32)}`;
}
