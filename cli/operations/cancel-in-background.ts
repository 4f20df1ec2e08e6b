import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { OperationCall } from '../call.ts';
import { begin } from './begin.ts';
import { type CarryOutOptions, carryOut } from './carry-out.ts';
import { type HowToOperate, type NewJobs, startNewOperation } from './new-operation.ts';

/** The jobs of an operation: named, or picked by filters. */
interface Asked extends NewJobs {
  readonly selector?: object | undefined;
}

/** `calloff cancel` with more jobs than one call may have, with `--background`: makes an operation and carries it out. */
export async function cancelInBackground(
  call: OperationCall,
  { selector, ...named }: Asked,
  how: HowToOperate,
  options: CarryOutOptions,
): Promise<void> {
  const made =
    selector === undefined
      ? await startNewOperation(call, named, how)
      : await listAndStart(call, { ...how, selector });
  if (made !== undefined) await carryOut(call, made, { verb: 'start', command: 'cancel' }, options);
}

/** An operation whose jobs a worker lists first. */
function listAndStart(call: OperationCall, request: object): Promise<OperationView | undefined> {
  return begin(call, {
    ...{ verb: 'start', command: 'cancel' },
    send: (context) => call.gateway.createOperation(request, context),
  });
}
