/** @import { ConfirmationView } from '../types.d.ts' */
import { counted } from './words.js';

/**
 * What has changed at the jobs of a request since it was made. An operation is asked for without a look at its jobs: then there is
 * nothing to compare with.
 * @param {ConfirmationView['jobs']} jobs as they were read now
 */
export function changesText(jobs) {
  const read = jobs.filter(({ state_now }) => state_now !== undefined);
  const known = read.filter(({ state }) => state !== undefined);
  const told = read.length === 0 ? [] : [comparedText(known)];
  const unseen = read.length - known.length;
  if (known.length > 0 && unseen > 0)
    told.push(`at the request calloff had not read the status of ${counted(unseen)}`);
  const unread = jobs.length - read.length;
  if (unread > 0) told.push(`the state of ${counted(unread)} could not be read`);
  const text = told.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** @param {ConfirmationView['jobs']} known those of which both states are known */
function comparedText(known) {
  const changed = known.filter(({ state, state_now }) => state !== state_now).length;
  if (known.length === 0) return 'Checked now; at the request calloff had not read their status';
  if (changed === 0) return 'No job has changed since the request';
  return `${counted(changed)} ${changed === 1 ? 'has' : 'have'} changed since the request`;
}
