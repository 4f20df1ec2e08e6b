import type { Fault } from '../../../shared/contract/result.ts';
import { inCode, inProse } from '../cards/escape.ts';
import type { SlackMessage } from '../cards/message.ts';
import { expiredNotice, refusalNotice } from '../cards/notices.ts';
import type { JobReference } from './task.ts';

/** Replaces a question that can no longer be answered. */
export function goneOr(faults: readonly Fault[]): SlackMessage {
  return faults.some(({ kind }) => kind === 'confirmation') ? expiredNotice() : faultsNotice(faults);
}

/** The gateway's faults, each with its job. */
export function faultsNotice(faults: readonly Fault[], jobs: readonly JobReference[] = []): SlackMessage {
  return refusalNotice(
    faults.map(({ path, message }) => {
      const [, index = ''] = /^jobs\[(\d+)\]/.exec(path) ?? [];
      const job = jobs[Number(index)];
      const what = index === '' || job === undefined ? '' : `${inCode(job.job_id)}: `;
      return `${what}${inProse(message)}`;
    }),
  );
}
