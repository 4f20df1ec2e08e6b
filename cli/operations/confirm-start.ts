import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { presented } from '../../shared/contract/requests.ts';
import { plainText } from '../../shared/lib/text.ts';
import { consentRefusals, howInWords } from '../../shared/messages/consent.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { operationConfirmationNote } from '../../shared/messages/operation-request.ts';
import { anotherRequest, isInterrupted, type OperationCall } from '../call.ts';
import { printNotDone } from '../output/error.ts';
import { begin } from './begin.ts';
import { resumeCommand } from './own-commands.ts';

/** Whether an operation is started or resumed, and which outcomes a resume does again. */
export interface RoundToBegin {
  readonly verb: 'start' | 'resume';
  readonly outcome?: readonly string[] | undefined;
}

/** How many jobs the person is shown. */
const mostShown = 20;

/**
 * Asks the person at the terminal if an operation needs a confirmation, and starts or resumes it after a yes. Returns the
 * operation as it is then: it may still wait for a confirmation by someone else. `undefined` if the answer was no; it says so.
 */
export async function confirmStart(
  call: OperationCall,
  view: OperationView,
  round: RoundToBegin,
): Promise<OperationView | undefined> {
  const { askPerson } = call.context;
  const { confirmation_token: token } = view.confirmation ?? {};
  if (token === undefined || askPerson === undefined || isInterrupted(call)) return view;
  const answer = await askPerson(await questionAbout(call, view), async () => undefined);
  if (answer === 'unavailable') return view;
  if (answer === 'agreed') return beginOperation(call, view.id, round, token);
  if (answer === 'declined' && round.verb === 'start')
    await call.gateway.deleteOperation({ operation_id: view.id }, anotherRequest(call));
  return printNotDone({
    what: consentRefusals.terminal[answer],
    ...(answer !== 'declined' && { nextStep: `To be asked again: ${resumeCommand(view.id)}` }),
  });
}

/** Starts or resumes an operation, with a confirmation if there is one. `undefined` if it is refused or interrupted; it says why. */
export function beginOperation(
  call: OperationCall,
  operation_id: string,
  { verb, outcome }: RoundToBegin,
  confirmation?: string,
): Promise<OperationView | undefined> {
  const { gateway } = call;
  const request = { operation_id, ...presented(confirmation) };
  return begin(call, {
    ...{ verb, command: 'resume', id: operation_id },
    send: (context) =>
      verb === 'start'
        ? gateway.startOperation(request, context)
        : gateway.resumeOperation({ ...request, ...(outcome && { outcome }) }, context),
  });
}

async function questionAbout(call: OperationCall, view: OperationView): Promise<string> {
  const { confirmation, jobs, reason, providers, send_if_status_unknown, selector } = view;
  const many = confirmation?.jobs ?? jobs;
  const first = await call.gateway.listOutcomes(
    { operation_id: view.id, limit: mostShown },
    anotherRequest(call),
  );
  const shown = first.ok ? first.value.outcomes : [];
  const more = jobs > shown.length ? [`- and ${jobs - shown.length} more`] : [];
  return [
    `You are about to cancel ${countOfJobs(many)}. This cannot be undone.`,
    ...(reason === undefined ? [] : [`Why: ${JSON.stringify(plainText(reason))}`]),
    ...howInWords({ sendIfStatusUnknown: send_if_status_unknown === true, selector }),
    ...providers.map((share) => `${share.provider}: ${countOfJobs(share.jobs)}`),
    ...shown.map(({ provider, job_id }) => `- ${provider} ${plainText(job_id)}`),
    ...more,
    operationConfirmationNote(many),
  ].join('\n');
}
