import * as z from 'zod';
import { providerIds } from '../../../shared/contract/provider-ids.ts';
import { answerQuestions } from '../../operations/child.ts';
import type { Claim } from '../../truth/score.ts';
import { cancelByCalloff } from './by-calloff.ts';
import { cancelByCurl } from './by-curl.ts';
import { cancelAll, ways } from './raw.ts';

/** Who cancels many jobs, in a process of its own, which says what that took. */
const accountSchema = z.object({ provider: z.enum(providerIds), baseUrl: z.string(), apiKey: z.string() });
const runSchema = z.object({
  way: z.enum([...ways, 'calloff', 'curl']),
  account: accountSchema,
  server: z.object({ url: z.string(), authorization: z.string() }),
  ids: z.array(z.string()),
});
type Run = z.infer<typeof runSchema>;

answerQuestions({
  async run(argument) {
    const run = runSchema.parse(argument);
    const before = process.cpuUsage();
    const began = performance.now();
    const { claims, cpuMicros: others } = await cancelBy(run);
    const ms = performance.now() - began;
    const { user, system } = process.cpuUsage(before);
    return { ms, cpuMicros: user + system + others, claims: run.ids.map((id, at) => [id, claims[at]]) };
  },
});

/** The claims, and the processor time of other processes in microseconds. */
async function cancelBy({
  way,
  account,
  server,
  ids,
}: Run): Promise<{ readonly claims: readonly Claim[]; readonly cpuMicros: number }> {
  if (way === 'curl') return cancelByCurl(account, ids);
  const claims =
    way === 'calloff'
      ? await cancelByCalloff(account.provider, server, ids)
      : await cancelAll(way, account, ids);
  return { claims, cpuMicros: 0 };
}
