import { systemClock } from '../../shared/lib/clock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';

/**
 * A process beside the test, on the same file. `count` counts up and logs each step, `log` logs each as a request of its own;
 * `die` is gone once it has logged, and `leave` ends without having closed the store.
 */
const [task = '', folder = '', name = '', times = '1'] = process.argv.slice(2);
const endOfTime = Date.parse('9999-01-01');
const store = await openSqliteStore({ folder, clock: systemClock });

if (task === 'die') {
  await log(0);
  process.kill(process.pid, 'SIGKILL');
}
if (task === 'log')
  for (let step = 0; step < Number(times); step += 1)
    await store.append([{ at: step, requestId: `${name}-${step}`, part: 'a', body: 'x'.repeat(1_000) }]);
if (task === 'leave') await log(0);
for (let step = 0; task === 'count' && step < Number(times); step += 1) {
  while (!(await countUp(store)));
  await log(step);
}
if (task !== 'leave') await store.close();

/** Adds one to what all of them count; `false` where somebody else did so in between. */
async function countUp(store: Store): Promise<boolean> {
  const entry = await store.get('count');
  const value = `${Number(entry?.value ?? 0) + 1}`;
  return (await store.put('count', value, { version: entry?.version ?? 0, expiresAt: endOfTime })) > 0;
}

async function log(step: number): Promise<void> {
  await store.append([{ at: step, requestId: name, part: 'a', body: 'x'.repeat(1_000) }]);
}
