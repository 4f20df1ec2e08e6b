import { actionIds, stopValue } from '../../functions/slack/actions.ts';
import { statusOf } from '../../shared/outcome.ts';
import { type Exchange, openSlackStage, type SlackStage } from './slack-stage.ts';
import { toldOfOne } from './slack-told.ts';
import type { CancelOne, Ground, OpenSurface, Surface } from './surfaces.ts';

/** Slack, in both ways in which one job can be named. What is judged is the final message. */
export const slackSurfaces: readonly Surface[] = [
  {
    name: 'a command in Slack',
    open: (ground) => opened(ground, (stage, { provider, job_id }) => stage.command(`${provider} ${job_id}`)),
  },
  {
    name: 'a button in Slack',
    open: (ground) =>
      opened(ground, (stage, { provider, job_id }) =>
        stage.press({ action_id: actionIds.stop, value: stopValue({ provider, job_id }) }),
      ),
  },
];

async function opened(
  ground: Ground,
  ask: (stage: SlackStage, request: CancelOne) => Promise<Exchange>,
): Promise<OpenSurface> {
  const stage = await openSlackStage(ground);
  return {
    omits: ['dry_run', 'send_unseen'],
    async cancel(request) {
      const { message } = await ask(stage, request);
      const outcome = toldOfOne(await message());
      return { status: statusOf(outcome), outcome };
    },
    close: stage.close,
  };
}
