import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { isInterrupted, type OperationCall } from '../call.ts';
import { printNotDone } from '../output/error.ts';
import type { OutputOptions } from '../output/print.ts';
import { beginOperation, confirmStart, type RoundToBegin } from './confirm-start.ts';
import { interruptedWords } from './interrupt-words.ts';
import { printOperation } from './print-operation.ts';
import { sendingStates, workOff } from './work-off.ts';

/** How an operation that was started or resumed is carried out. */
export interface CarryOutOptions extends OutputOptions {
  /** Leave the work to a server. */
  readonly background?: true;
}

/**
 * Confirms an operation that was started or resumed if it needs that, works on it here unless it is to be left to a server, and
 * prints it at the end. If the jobs of a selector are listed first, it asks again before they are cancelled.
 */
export async function carryOut(
  call: OperationCall,
  begun: OperationView,
  round: RoundToBegin & { readonly command: string },
  options: CarryOutOptions,
): Promise<void> {
  const confirmed = await confirmStart(call, begun, round);
  if (confirmed === undefined) return;
  const { id, state } = confirmed;
  if (!sendingStates.has(state)) {
    if (isInterrupted(call)) {
      printNotDone(interruptedWords(confirmed));
    }
    return printOperation(call, confirmed, options);
  }
  // Also in the background: it pauses what it has begun if it was interrupted meanwhile.
  if (options.background && !isInterrupted(call)) return printOperation(call, confirmed, options);
  const view = await workOff(call, confirmed, { command: round.command, goesOn: sendingStates, works: true });
  if (view === undefined) return;
  if (view.state !== 'waiting_for_confirmation' || isInterrupted(call))
    return printOperation(call, view, options);
  const asked = await beginOperation(call, id, { verb: 'start' });
  if (asked !== undefined) await carryOut(call, asked, { ...round, verb: 'start' }, options);
}
