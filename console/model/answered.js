/** @import { ConfirmationView } from '../types.d.ts' */
import { counted } from './words.js';

/**
 * What an answer to a request did, and what it did not. It stays in sight, so it says nothing that is over once the request was
 * repeated.
 * @param {ConfirmationView} confirmation
 * @param {string | undefined} reader who reads it
 */
export function answeredText({ state, caller, jobs, operation, approved_by: by }, reader) {
  const count = operation?.jobs ?? jobs.length;
  const what = counted(count);
  const keep = count === 1 ? 'keeps' : 'keep';
  if (state === 'closed')
    return `Closed: the ${what} ${keep} running, and ${caller} cannot use this request.`;
  const who = by === undefined || by === reader ? 'You' : by;
  const lets =
    operation === undefined
      ? `it lets ${caller} repeat the request, once. Jobs shows whether they stop.`
      : `it lets ${caller} start the operation. Operations shows how it goes.`;
  return `${who} agreed to the stop of ${what}. Agreeing cancels nothing by itself: ${lets}`;
}
