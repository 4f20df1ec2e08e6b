import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { pepper } from '../support/configuration.ts';
import { agentWith, callOf } from '../support/guard-harness.ts';

/** A process beside others on one store, whose agent tries to cancel all of its jobs, in twos and threes, side by side. */
const { folder, baseUrl, apiKey, ids, confirmAbove } = z
  .object({
    folder: z.string(),
    baseUrl: z.string(),
    apiKey: z.string(),
    ids: z.array(z.string()),
    confirmAbove: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const store = await openSqliteStore({ folder, clock });
const gateway = createGateway({
  connections: async () => [{ name: 'sutro', provider: 'sutro', baseUrl, apiKey, options: {} }],
  credentials: credentialFromSettings,
  budgetMs: 20_000,
  access: { store, pepper: async () => pepper },
});
const agent = agentWith({ confirmAbove });
const shares = Array.from({ length: Math.ceil(ids.length / 3) }, (_, index) =>
  ids.slice(index * 3, index * 3 + 2 + (index % 2)),
);
process.stdout.write('begun\n');
for (let next = 0; next < shares.length; next += 4)
  await Promise.all(
    shares.slice(next, next + 4).map((share) => {
      const jobs = share.map((job_id) => ({ provider: 'sutro', job_id }));
      return gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(agent, { requestId: randomUUID() }));
    }),
  );
await store.close();
