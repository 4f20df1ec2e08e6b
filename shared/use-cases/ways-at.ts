import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { WaysToConfirm } from '../messages/confirmation.ts';

/** The ways to confirm a request, as its surface can name them: another machine has a command line of its own. */
export async function waysAt(
  { waysToConfirm }: Pick<ServiceParts, 'waysToConfirm'>,
  { isRemote }: Pick<RequestContext, 'isRemote'>,
): Promise<WaysToConfirm> {
  const ways = (await waysToConfirm?.()) ?? { slack: false };
  return isRemote ? { ...ways, command: undefined } : ways;
}
