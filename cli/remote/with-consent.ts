import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { Outcome } from '../../shared/contract/outcome.ts';
import { selectorSchema, selectorWords } from '../../shared/contract/requests.ts';
import type { BulkResult, OneResult } from '../../shared/contract/responses.ts';
import type { Result } from '../../shared/contract/result.ts';
import type { CalledGateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { isObject } from '../../shared/lib/json.ts';
import { consentQuestion, consentRefusals } from '../../shared/messages/consent.ts';

/**
 * A gateway of a server that asks the person at this terminal where the gateway of this machine would: if the server offers a
 * confirmation to a caller who may give it, and the person says yes, the request is repeated with it.
 */
export function withConsent(gateway: CalledGateway): CalledGateway {
  return {
    ...gateway,
    cancelJob: (request, context) =>
      consented(request, context, gateway.cancelJob, {
        outcomesIn: (value) => [value],
        withMessage: oneWith,
      }),
    cancelJobs: (request, context) =>
      consented(request, context, gateway.cancelJobs, {
        outcomesIn: ({ outcomes }) => outcomes,
        withMessage: manyWith,
        after: asAsked,
      }),
  };
}

/** How the answers of a cancel are read and changed. */
interface Form<T> {
  outcomesIn(value: T): readonly Outcome[];
  /** The answer with this sentence for the jobs that were not confirmed. */
  withMessage(value: T, message: string): T;
  /** The answer to the confirmed request, with what only the answer to the first one says. */
  after?(first: T, second: T): T;
}

async function consented<T extends OneResult | BulkResult>(
  request: unknown,
  context: RequestContext,
  cancel: (request: unknown, context: RequestContext) => Promise<Result<T>>,
  { outcomesIn, withMessage, after }: Form<T>,
): Promise<Result<T>> {
  const first = await cancel(request, context);
  const token = first.ok ? first.value.confirmation?.confirmation_token : undefined;
  if (!first.ok || token === undefined || context.askPerson === undefined) return first;
  const live = outcomesIn(first.value).filter(isUnconfirmed);
  context.onProgress?.({ done: 0, total: live.length, phase: { kind: 'asking' } });
  const answer = await context.askPerson(questionAbout(live, request), async () => undefined);
  if (answer === 'unavailable') return first;
  if (answer !== 'agreed')
    return { ok: true, value: withMessage(first.value, consentRefusals.terminal[answer]) };
  const { selector: _, ...again } = isObject(request) ? request : {};
  const second = await cancel({ ...again, confirmation_token: token }, context);
  return second.ok ? { ok: true, value: after?.(first.value, second.value) ?? second.value } : second;
}

function isUnconfirmed({ code }: Outcome): boolean {
  return code === 'confirmation_required';
}

/** What a person is asked about the jobs that would be sent a cancel. */
function questionAbout(live: readonly Outcome[], request: unknown): string {
  const { reason, selector, send_if_status_unknown: isBlind } = isObject(request) ? request : {};
  const read = selectorSchema.safeParse(selector);
  return consentQuestion(live, 'person', {
    ...(typeof reason === 'string' && { reason }),
    ...(read.success && { selector: selectorWords(read.data) }),
    sendIfStatusUnknown: isBlind === true,
    now: systemClock.wallTime(),
  });
}

function oneWith(value: OneResult, message: string): OneResult {
  return isUnconfirmed(value) ? { ...value, message } : value;
}

function manyWith(value: BulkResult, message: string): BulkResult {
  return {
    ...value,
    outcomes: value.outcomes.map((each) => (isUnconfirmed(each) ? { ...each, message } : each)),
  };
}

/** The outcomes in the order of the first answer, and what its selector may have missed. */
function asAsked({ outcomes, unavailable }: BulkResult, second: BulkResult): BulkResult {
  const nameOf = ({ provider, job_id }: Outcome) => `${provider}/${job_id}`;
  const places = new Map(outcomes.map((each, index) => [nameOf(each), index]));
  const placeOf = (each: Outcome) => places.get(nameOf(each)) ?? outcomes.length;
  return {
    ...second,
    outcomes: second.outcomes.toSorted((one, other) => placeOf(one) - placeOf(other)),
    ...(unavailable && { unavailable }),
  };
}
