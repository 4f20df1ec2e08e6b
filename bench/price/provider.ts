import * as z from 'zod';
import { limitsSchema } from '../../sandbox/twin/limits.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { type OpenProvider, openOnSocket } from '../../test/support/truth/one-provider.ts';
import { answerQuestions } from '../operations/child.ts';
import { claimSchema, scoreOf, tallyOf } from '../truth/score.ts';

/** One pretend provider in a process of its own: it is filled, asked, and says at the end what is so. */
const openSchema = z.object({ provider: z.enum(providerIds) });
const fillSchema = z.object({ jobs: z.number(), delayMs: z.number(), limits: limitsSchema });
const claimsSchema = z.array(z.tuple([z.string(), claimSchema]));

let open: OpenProvider | undefined;

function twin() {
  if (open === undefined) throw new Error('no provider is open');
  return open.provider;
}

answerQuestions({
  async open(argument) {
    const { provider } = openSchema.parse(argument);
    open = await openOnSocket(provider);
    const { baseUrl, apiKey } = open.provider;
    return { provider, baseUrl, apiKey };
  },
  /** Running jobs alone, whose cancel ends them at once. Each answer takes `delayMs`. */
  fill(argument) {
    const { jobs, delayMs, limits } = fillSchema.parse(argument);
    const provider = twin();
    provider.reset();
    if (delayMs > 0) provider.setFault({ kind: 'delay', ms: delayMs });
    provider.setLimits(limits);
    return provider.addJobs(jobs, { state: 'running', settlesInMs: 0 });
  },
  judge(argument) {
    const { journal } = twin();
    const claims = claimsSchema.parse(argument);
    const scores = claims.map(([id, claim]) => scoreOf(claim, twin().job(id)?.state ?? 'queued'));
    const requests = journal.at(-1)?.sequence ?? 0;
    const refused = journal.filter(({ status }) => status === 429).length;
    const cancelled = claims.filter(([, claim]) => claim === 'cancelled').length;
    return { ...tallyOf(scores), cancelled, requests, refused };
  },
});
