import { unrestrictedRights } from '../../shared/access/caller.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { defaultBudgetMs, readSettings } from '../../shared/config/settings.ts';
import { createGateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { pepper } from '../support/configuration.ts';

/**
 * A process that kills itself: cancels its jobs, `provider/id` each, first one by one and then the rest at once, and dies
 * before its first effect at point 0, after it at point 1, before its second at point 2, and so on. An effect is what is
 * written to the store, or asked of a provider other than to look. Without a point it lives, and says how many it passed.
 */
const [id = '', point = '', singles = '', ...names] = process.argv.slice(2);
let passed = 0;
const pass = () => {
  if (`${passed}` === point) process.kill(process.pid, 'SIGKILL');
  passed += 1;
};

async function effect<T>(work: () => Promise<T>): Promise<T> {
  pass();
  const result = await work();
  pass();
  return result;
}

const settings = readSettings();
const sqlite = await openSqliteStore({ folder: settings.dataFolder, clock: systemClock });
const store: typeof sqlite = {
  get: (key) => sqlite.get(key),
  put: (key, value, terms) => effect(() => sqlite.put(key, value, terms)),
  list: (folder, query) => sqlite.list(folder, query),
  append: (records) => effect(() => sqlite.append(records)),
  scan: (query) => sqlite.scan(query),
  close: () => sqlite.close(),
};
const gateway = createGateway({
  connections: async () => settings.connections,
  credentials: credentialFromSettings,
  budgetMs: settings.budgetMs ?? defaultBudgetMs,
  access: { store, pepper: async () => pepper },
  fetch: (input, init) => (init?.method === 'GET' ? fetch(input, init) : effect(() => fetch(input, init))),
});
const callOf = (request: number): RequestContext => ({
  requestId: `${id}-${request}`,
  caller: { id, kind: 'program', rights: unrestrictedRights },
  surface: 'cli',
});
const jobs = names.map((name) => {
  const [provider = '', job_id = ''] = name.split('/');
  return { provider, job_id };
});
const alone = jobs.splice(0, Number(singles));
for (const [index, job] of alone.entries())
  await gateway.cancelJob({ ...job, wait_seconds: 0 }, callOf(index));
await gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(alone.length));
process.stdout.write(`${passed}`);
await sqlite.close();
