import type { Button } from '@slack/types';
import type { JobView } from '../../../shared/contract/answers/job-schema.ts';
import type { ListResult } from '../../../shared/contract/answers/responses.ts';
import { isFinal } from '../../../shared/contract/outcome.ts';
import { actionIds, stopValue } from '../inbound/actions.ts';
import { sentences } from '../wording/sentences.ts';
import { button, context, fitsButton, header, layOut } from './blocks.ts';
import { inCode, inProse } from './escape.ts';
import { jobLine } from './job-line.ts';
import { message, type SlackMessage } from './message.ts';

const mostUnavailable = 6;

/** How many jobs are left out because they have ended, and the command that lists them. */
export interface HiddenJobs {
  readonly count: number;
  readonly command: string;
}

/** A list of jobs, each with a button to call it off unless it has ended, and the reasons why jobs may be missing. */
export function listCard(found: Omit<ListResult, 'partial'>, now: number, hidden?: HiddenJobs): SlackMessage {
  const isEmpty = found.jobs.length === 0;
  const isUnseen = isEmpty && found.unavailable.length > 0;
  const title = isUnseen ? sentences.listUnseen : sentences.listTitle(found.jobs.length);
  const further = found.next_cursor === null ? [] : [sentences.listFurther];
  const isWhole = found.next_cursor === null && found.unavailable.length === 0;
  const ended = hidden?.count ? [sentences.listHidden(hidden.count, isWhole, hidden.command)] : [];
  const missing = found.unavailable.slice(0, mostUnavailable).map(({ message: why }) => inProse(why));
  const others = found.unavailable.length - missing.length;
  if (others > 0) missing.push(sentences.listMoreUnseen(others));
  const nothing = isEmpty ? [isUnseen ? sentences.listPerhaps : sentences.listNothing] : [];
  const blocks = layOut({
    head: [header(title)],
    rows: found.jobs.map((job) => ({ markup: jobLine(job, now), button: stopButton(job) })),
    more: sentences.listMore,
    tail: [...nothing, ...ended, ...further, ...missing].map(context),
  });
  return message(`calloff: ${title}`, blocks);
}

/** The button holds only the connection and the id; both are checked again when it is pressed. */
function stopButton(job: JobView): Button | undefined {
  const value = stopValue(job);
  if (isFinal(job.state) || !fitsButton(value)) return undefined;
  return button({
    text: sentences.callOff,
    action: actionIds.stop,
    value,
    style: 'danger',
    dialog: {
      title: sentences.callOffOne,
      text: sentences.callOffOneDialog(inCode(job.job_id)),
      confirm: sentences.callOff,
      deny: sentences.keepRunning,
    },
  });
}
