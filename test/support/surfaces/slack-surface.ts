import { actionIds, stopValue } from '../../../functions/slack/inbound/actions.ts';
import { statusOf } from '../../../shared/contract/outcome.ts';
import { type Exchange, openSlackHarness, type SlackHarness } from '../slack/harness.ts';
import { toldOfOne } from '../slack/read-back.ts';
import type { CancelOne, Ground, OpenSurface, Surface } from './surfaces.ts';

/** Slack, in both ways in which one job can be named. What is judged is the final message. */
export const slackSurfaces: readonly Surface[] = [
  {
    name: 'a command in Slack',
    open: (ground) =>
      opened(ground, (harness, { provider, job_id }) => harness.command(`${provider} ${job_id}`)),
  },
  {
    name: 'a button in Slack',
    open: (ground) =>
      opened(ground, (harness, { provider, job_id }) =>
        harness.press({ action_id: actionIds.stop, value: stopValue({ provider, job_id }) }),
      ),
  },
];

async function opened(
  ground: Ground,
  ask: (harness: SlackHarness, request: CancelOne) => Promise<Exchange>,
): Promise<OpenSurface> {
  const harness = await openSlackHarness(ground);
  return {
    omits: ['dry_run', 'send_if_status_unknown'],
    async cancel(request) {
      const { message } = await ask(harness, request);
      const outcome = toldOfOne(await message());
      return { status: statusOf(outcome), outcome };
    },
    close: harness.close,
  };
}
