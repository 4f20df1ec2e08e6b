import type { CallerKind } from '../../shared/access/caller.ts';
import type { ConsentAnswer, RequestContext } from '../../shared/cancellation/request-context.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult, OneResult } from '../../shared/contract/answers/responses.ts';
import { selectorSchema, selectorWords } from '../../shared/contract/requests.ts';
import type { Result } from '../../shared/contract/result.ts';
import type { CalledGateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { isObject } from '../../shared/lib/json.ts';
import { consentQuestion, consentRefusals, consentSteps } from '../../shared/messages/consent.ts';

/** The confirmation that a server offers for a request. */
export type OfferThere = NonNullable<BulkResult['confirmation']>;

/** The fields of a repeated request that present a confirmation. */
export type PresentedFields = { readonly confirmation_token: string } | { readonly confirmation_id: string };

/** Who asks for a cancel at a server, where their person is asked, and how a yes counts there. */
export interface ConsentTerms {
  readonly asker: CallerKind;
  readonly place: keyof typeof consentRefusals;
  /** Whether a yes of this person would count. Without that they are not asked. */
  mayConfirm(offer: OfferThere, context: RequestContext): Promise<boolean>;
  /** What to repeat the request with after a yes. */
  confirm(offer: OfferThere, context: RequestContext): Promise<Result<PresentedFields>>;
}

/** A refusal to confirm: every answer but a yes. */
type Refusal = Exclude<ConsentAnswer, 'agreed' | 'unavailable'>;

/** What a person decided about an offer. `none`: they were not asked. */
export type Decision =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly message: string; readonly lead: string | undefined }
  | {
      readonly kind: 'given';
      readonly presented: Result<PresentedFields>;
      /** The context of the repeated request, which has what is left of the time of the call. */
      readonly context: RequestContext;
    };

/** The shortest time of a repeated request, in milliseconds. */
const leastMs = 5_000;

/** Asks the person whether the confirmation of an offer is given, and gives it after a yes. */
export async function decide(
  offer: OfferThere | undefined,
  question: () => Promise<string>,
  context: RequestContext,
  terms: ConsentTerms,
): Promise<Decision> {
  const { askPerson, limitMs } = context;
  if (offer === undefined || askPerson === undefined || !(await terms.mayConfirm(offer, context)))
    return { kind: 'none' };
  const since = systemClock.now();
  context.onProgress?.({ done: 0, total: offer.jobs, phase: { kind: 'asking' } });
  const onLateYes = async () => void (await terms.confirm(offer, { ...context, signal: undefined }));
  const answer = await askPerson.call(context, await question(), onLateYes);
  if (answer === 'unavailable') return { kind: 'none' };
  if (answer !== 'agreed') return refusedBy(answer, terms);
  const leftMs = limitMs && Math.max(leastMs, limitMs - (systemClock.now() - since));
  const rest = { ...context, limitMs: leftMs };
  return { kind: 'given', presented: await terms.confirm(offer, rest), context: rest };
}

function refusedBy(answer: Refusal, { place }: ConsentTerms): Decision {
  return { kind: 'refused', message: consentRefusals[place][answer], lead: consentSteps[place][answer] };
}

/** The cancels of a gateway, each with the question that the gateway of this machine would ask in its course. */
export function cancelsWithConsent(
  gateway: Pick<CalledGateway, 'cancelJob' | 'cancelJobs'>,
  terms: ConsentTerms,
): Pick<CalledGateway, 'cancelJob' | 'cancelJobs'> {
  return {
    cancelJob: (request, context) => consented(request, context, gateway.cancelJob, { ...ofOne, ...terms }),
    cancelJobs: (request, context) =>
      consented(request, context, gateway.cancelJobs, { ...ofMany, ...terms }),
  };
}

/** How the answers of a cancel are read and changed. */
interface Form<T> {
  outcomesIn(value: T): readonly Outcome[];
  /** The answer in which each job that was not confirmed is changed. */
  withEach(value: T, change: (outcome: Outcome) => Outcome): T;
  /** The answer to the confirmed request, with what only the answer to the first one says. */
  after(first: T, second: T): T;
}

const ofOne: Form<OneResult> = {
  outcomesIn: (value) => [value],
  withEach: (value, change) => ({ ...value, ...change(value) }),
  after: (_first, second) => second,
};

const ofMany: Form<BulkResult> = {
  outcomesIn: ({ outcomes }) => outcomes,
  withEach: (value, change) => ({ ...value, outcomes: value.outcomes.map(change) }),
  after: asAsked,
};

async function consented<T extends OneResult | BulkResult>(
  request: unknown,
  context: RequestContext,
  cancel: (request: unknown, context: RequestContext) => Promise<Result<T>>,
  form: Form<T> & ConsentTerms,
): Promise<Result<T>> {
  const first = await cancel(request, context);
  if (!first.ok) return first;
  const { confirmation: offer } = first.value;
  const live = form.outcomesIn(first.value).filter(isUnconfirmed);
  const decision = await decide(offer, async () => questionAbout(live, request, form.asker), context, form);
  if (decision.kind === 'none') return first;
  if (decision.kind === 'refused') {
    const { message, lead } = decision;
    const told = form.withEach(first.value, (each) => (isUnconfirmed(each) ? { ...each, message } : each));
    return { ok: true, value: { ...told, ...(offer && { confirmation: ledBy(lead, offer) }) } };
  }
  const { presented } = decision;
  if (!presented.ok) return presented;
  const { selector: _, ...again } = isObject(request) ? request : {};
  const second = await cancel({ ...again, ...presented.value }, decision.context);
  return second.ok ? { ok: true, value: form.after(first.value, second.value) } : second;
}

function isUnconfirmed({ code }: Outcome): boolean {
  return code === 'confirmation_required';
}

/** The offer, with why the person has not given it before what to do. */
export function ledBy(lead: string | undefined, offer: OfferThere): OfferThere {
  return lead === undefined ? offer : { ...offer, next_step: `${lead} ${offer.next_step}` };
}

/** What a person is asked about the jobs that would be sent a cancel. */
function questionAbout(live: readonly Outcome[], request: unknown, asker: CallerKind): string {
  const { reason, selector, send_if_status_unknown: isBlind } = isObject(request) ? request : {};
  const read = selectorSchema.safeParse(selector);
  return consentQuestion(live, asker, {
    ...(typeof reason === 'string' && { reason }),
    ...(read.success && { selector: selectorWords(read.data) }),
    sendIfStatusUnknown: isBlind === true,
    now: systemClock.wallTime(),
  });
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
