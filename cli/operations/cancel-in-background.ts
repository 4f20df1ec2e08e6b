import type { OperationView } from '../../shared/contract/operations.ts';
import { anotherRequest, type OperationCall } from '../local-call.ts';
import { valueOrPrint } from '../output/error.ts';
import type { OutputOptions } from '../output/print.ts';
import { beginOperation, confirmStart } from './confirm-start.ts';
import { type HowToOperate, type NewJobs, startNewOperation } from './new-operation.ts';
import { printOperation } from './print-operation.ts';
import { sendingStates, workOff } from './work-off.ts';

/** The jobs of an operation: named, or picked by filters. */
interface Asked extends NewJobs {
  readonly selector?: object | undefined;
}

interface Options extends OutputOptions {
  readonly background?: true;
}

const start = { verb: 'start' } as const;
const work = { command: 'cancel', goesOn: sendingStates, works: true } as const;

/** `calloff cancel` with more jobs than one call may have, or with `--background`: makes an operation, and works on it here unless it is to be left to a server. */
export async function cancelInBackground(
  call: OperationCall,
  { selector, ...named }: Asked,
  how: HowToOperate,
  options: Options,
): Promise<void> {
  const made =
    selector === undefined
      ? await startNewOperation(call, named, how)
      : await listed(call, { ...how, selector }, options);
  const begun = made && (await confirmStart(call, made, start));
  if (begun === undefined) return;
  const isToWork = !options.background && sendingStates.has(begun.state);
  const view = isToWork ? await workOff(call, begun.id, work) : begun;
  if (view !== undefined) await printOperation(call, view, options);
}

/** An operation whose jobs a worker lists first. */
async function listed(
  call: OperationCall,
  request: object,
  { background }: Options,
): Promise<OperationView | undefined> {
  const made = valueOrPrint(await call.gateway.createOperation(request, anotherRequest(call)), {
    command: 'cancel',
  });
  if (made === undefined || background || made.state !== 'listing') return made;
  const seen = await workOff(call, made.id, { ...work, goesOn: new Set(['listing']) });
  return seen?.state === 'waiting_for_confirmation' ? beginOperation(call, seen.id, start) : seen;
}
