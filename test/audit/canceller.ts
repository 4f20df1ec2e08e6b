import { randomUUID } from 'node:crypto';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';

/** A process that is to be killed: says that it is ready once it has spoken to a provider, and then cancels its jobs, `provider/id` each, a few to a call and two calls at a time. */
const [id = '', ...names] = process.argv.slice(2);
const { gateway } = await openLocal(readSettings(), { log: silentLog });
const caller = {
  id,
  kind: 'program',
  rights: { ...unrestrictedRights, cancelsPerMinute: 10_000, confirmAbove: 10_000 },
} as const;
await gateway.getJob(
  { provider: 'sutro', job_id: 'none' },
  { requestId: randomUUID(), caller, surface: 'cli' },
);
process.stdout.write('ready\n');
await Promise.all([cancelAll(), cancelAll()]);

async function cancelAll(): Promise<void> {
  while (names.length > 0) {
    const jobs = names.splice(0, 1 + Math.floor(Math.random() * 12)).map((name) => {
      const [provider = '', job_id = ''] = name.split('/');
      return { provider, job_id };
    });
    await gateway.cancelJobs(
      { jobs, wait_seconds: 0.2 },
      { requestId: randomUUID(), caller, surface: 'cli' },
    );
  }
}
