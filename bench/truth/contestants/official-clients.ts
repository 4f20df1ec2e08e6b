import { existsSync } from 'node:fs';
import { twins } from '../../../sandbox/providers/index.ts';
import type { ProviderName } from '../../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../../sandbox/twin/provider-model.ts';
import { clientsPackage } from '../../../test/soak/clients/client.ts';
import { type Account, type Contestant, each } from '../contestant.ts';
import type { Claim } from '../score.ts';
import { claimOfError } from './client-error.ts';
import { clientsForNode, type Said } from './clients-for-node.ts';

/** Whether `npm run clients` has installed them. */
export const areClientsInstalled = existsSync(new URL('node_modules', clientsPackage));

const providers = Object.keys(twins).filter(
  (name): name is ProviderName & keyof typeof clientsForNode => name in clientsForNode,
);

/** The official clients from npm, each with the retries and the patience that it comes with. */
export const officialClients: Contestant = {
  name: "the providers' own clients for Node",
  providers,
  atOnce: { quick: 16, slow: 200 },
  async open(accounts) {
    process.on('uncaughtException', outlive);
    return {
      async ask(request) {
        const { name } = request;
        const account = accounts.get(name);
        const provider = providers.find((each) => each === account?.provider);
        if (account === undefined || provider === undefined)
          throw new Error(`there is no client for ${name}`);
        const cancel = clientsForNode[provider](account);
        return each(request, (id) => cancel(id).then((said) => claimOfAnswer(said, account), claimOfError));
      },
      close: async () => {
        process.off('uncaughtException', outlive);
      },
    };
  },
};

/**
 * An error that a client throws where no caller can catch it would end the process, with everything it has under way. It goes on
 * here, and what was asked of that client is never answered.
 */
function outlive(error: Error): void {
  if (!error.stack?.includes(clientsPackage.pathname.replace('package.json', 'node_modules'))) throw error;
}

/** What an answer says: the client's word for a status if it gives one, and otherwise what its return stands for. */
function claimOfAnswer(said: Said, { provider }: Account): Claim {
  if ('returned' in said) return said.returned;
  const { meanings }: TwinFacts = twins[provider];
  const state = typeof said.status === 'string' ? meanings[said.status.toUpperCase()] : undefined;
  if (state === 'cancelled') return 'cancelled';
  return state === 'completed' || state === 'failed' ? 'finished' : 'open';
}
