import { type ConsentTerms, cancelsWithConsent, decide, ledBy } from '../../cli/remote/consent.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { ok, type Result } from '../../shared/contract/result.ts';
import type { CalledGateway } from '../../shared/gateway.ts';
import { isObject } from '../../shared/lib/json.ts';
import { operationQuestion } from '../../shared/messages/consent.ts';

/** The two ways in which this process asks a server with one token. */
interface BothWays {
  /** As the assistant: the server treats the caller as an agent. */
  readonly agent: CalledGateway;
  /** As the caller of the token, whose person says yes at the client. */
  readonly person: CalledGateway;
}

/** How many jobs of an operation the person is shown. */
const mostShown = 20;

/**
 * The gateway of a server for an assistant on this machine. Every request of the assistant is one of an agent. Where the server
 * offers a confirmation, the person behind the client is asked, if the caller of the token may confirm its own requests: after
 * their yes that caller approves the confirmation, and the request is repeated with it.
 */
export function assistantGateway({ agent, person }: BothWays): CalledGateway {
  const terms: ConsentTerms = {
    asker: 'agent',
    place: 'client',
    mayConfirm: async (_offer, context) => mayConfirmOwn(await person.getCaller({}, context)),
    async confirm({ id }, context) {
      const approved = await person.approveConfirmation({ confirmation_id: id }, context);
      return approved.ok ? ok({ confirmation_id: id }) : approved;
    },
  };
  const start = (method: Begin) => beginWithConsent(method, agent, terms);
  return {
    ...agent,
    ...cancelsWithConsent(agent, terms),
    createOperation: start('createOperation'),
    startOperation: start('startOperation'),
    resumeOperation: start('resumeOperation'),
  };
}

type Begin = 'createOperation' | 'startOperation' | 'resumeOperation';

/** Whether the caller of a token may approve a confirmation that it asked for itself. */
function mayConfirmOwn(caller: Awaited<ReturnType<CalledGateway['getCaller']>>): boolean {
  if (!caller.ok) return false;
  const { kind, may } = caller.value;
  return kind !== 'agent' && may.self_confirm && may.actions.includes('confirm');
}

/** A method that starts or resumes an operation, with the question about it. */
function beginWithConsent(method: Begin, agent: CalledGateway, terms: ConsentTerms) {
  return async (request: unknown, context: RequestContext): Promise<Result<OperationView>> => {
    const first = await agent[method](request, context);
    if (!first.ok) return first;
    const { id, confirmation: offer } = first.value;
    const question = () => questionAbout(first.value, agent, context);
    const decision = await decide(offer, question, context, terms);
    if (decision.kind === 'none' || offer === undefined) return first;
    if (decision.kind === 'refused') {
      const lead = [decision.message, decision.lead].filter(Boolean).join(' ');
      return ok({ ...first.value, confirmation: ledBy(lead, offer) });
    }
    const { presented } = decision;
    if (!presented.ok) return presented;
    const { outcome } = isObject(request) ? request : {};
    const again = { operation_id: id, ...presented.value };
    return method === 'resumeOperation'
      ? agent.resumeOperation({ ...again, ...(outcome !== undefined && { outcome }) }, decision.context)
      : agent.startOperation(again, decision.context);
  };
}

async function questionAbout(
  { id, confirmation, jobs, providers, reason, selector, send_if_status_unknown }: OperationView,
  agent: CalledGateway,
  context: RequestContext,
): Promise<string> {
  const first = await agent.listOutcomes({ operation_id: id, limit: mostShown }, context);
  const shown = first.ok ? first.value.outcomes : [];
  return operationQuestion(
    {
      ...{ id, digest: '', jobs: confirmation?.jobs ?? jobs },
      counts: Object.fromEntries(providers.map((share) => [share.provider, share.jobs])),
      shown: shown.map(({ provider, job_id }) => ({ provider, job_id })),
      how: { sendIfStatusUnknown: send_if_status_unknown === true, reason, selector },
    },
    'agent',
  );
}
