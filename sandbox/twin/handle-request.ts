import { type AnswerFault, isCarriedOut } from '../faults/fault.ts';
import type { FaultBook, Strikes } from '../faults/fault-book.ts';
import type { JobBook } from '../jobs/job-book.ts';
import { type Exchange, record } from './exchange.ts';
import type { Limiter } from './limits.ts';
import type { Answer, OutgoingRequest, ProviderModel, RequestContext } from './provider-model.ts';
import { type Reply, send, spoil } from './reply.ts';
import { type Found, findRoute, parseTarget } from './routing.ts';

/** A provider's model with everything that changes while it runs. */
export interface ProviderState<Switches extends object> {
  readonly model: ProviderModel<Switches>;
  readonly jobs: JobBook;
  readonly faults: FaultBook;
  readonly journal: Exchange[];
  limiter: Limiter;
  switches: Switches;
  apiKey: string;
  requests: number;
}

/** What is to be done about a request, after `delayMs`. */
export interface Decision {
  readonly reply: Reply;
  readonly delayMs: number;
}

/** Decides a request the moment it has arrived, carries it out, and writes it into the journal. */
export function handleRequest<Switches extends object>(
  provider: ProviderState<Switches>,
  ask: OutgoingRequest,
  now: number,
): Decision {
  const { model, switches } = provider;
  const target = parseTarget(ask.target);
  const { header, method } = ask;
  const body = parseJson(ask.text);
  const found = findRoute(model, switches, { method, body }, target);
  const bare = {
    now,
    query: target.query,
    header,
    body,
    text: ask.text,
    jobs: provider.jobs,
    switches,
  };
  const jobIds = namedJobs(found, { ...bare, fault: () => undefined });
  const operation = found.route?.operation ?? 'other';
  const strikes = provider.faults.strikes(operation, jobIds, found.route?.isBeside);
  const visit: RequestContext<Switches> = { ...bare, fault: (kind, jobId) => strikes.on(kind, jobId) };

  const keySeen = ask.header(model.auth.header);
  const keyAccepted =
    model.accepts?.(ask, provider.apiKey, now) ?? keySeen === model.auth.prefix + provider.apiKey;
  const delayMs = strikes.delayMs();
  const answered = answerRequest(provider, { ask, path: target.path, found, visit, strikes, keyAccepted });
  const { fault, answer } = answered;
  const { reply, served } =
    fault === undefined ? send(answer, model) : spoil(fault, answer, { model, jobIds, now });

  provider.requests += 1;
  record(provider.journal, {
    sequence: provider.requests,
    at: now,
    operation,
    method: ask.method,
    path: ask.target,
    jobIds,
    status: reply.kind === 'send' ? reply.status : reply.kind,
    served,
    effective: answer.effective ?? [],
    keyAccepted,
    keySeen,
    ...(strikes.named !== undefined && { fault: strikes.named }),
  });
  return { reply, delayMs };
}

interface Request<Switches extends object> {
  readonly ask: OutgoingRequest;
  readonly path: string;
  readonly found: Found<Switches>;
  readonly visit: RequestContext<Switches>;
  readonly strikes: Strikes;
  readonly keyAccepted: boolean;
}

/** In the order of a real provider: the route, the key, the rate limit, and only then what may go wrong. */
function answerRequest<Switches extends object>(
  { model, switches, limiter }: ProviderState<Switches>,
  { ask, path, found, visit, strikes, keyAccepted }: Request<Switches>,
): { readonly answer: Answer; readonly fault?: AnswerFault } {
  const { route } = found;
  if (route !== undefined && !keyAccepted) return { answer: model.badKey(switches, route.operation) };
  const refused = limiter.refuse(route?.operation ?? 'other', visit.now);
  if (refused !== undefined)
    return {
      answer: model.tooMany?.(refused, switches) ?? {
        ...model.error(429, 'Too Many Requests'),
        headers: refused,
      },
    };
  const fault = strikes.answer();
  const notCarriedOut = { status: 500, body: null };
  if (fault !== undefined && !isCarriedOut(fault)) return { answer: notCarriedOut, fault };
  const answer =
    route !== undefined && found.open
      ? route.answer(visit, found.id)
      : found.allowed.length > 0
        ? model.wrongMethod(ask.method, path, found.allowed)
        : model.unknownPath(ask.method, path);
  return fault === undefined ? { answer } : { answer, fault };
}

function namedJobs<Switches extends object>(
  found: Found<Switches>,
  visit: RequestContext<Switches>,
): readonly string[] {
  if (found.route === undefined) return [];
  return found.route.jobIds?.(visit) ?? (found.id === '' ? [] : [found.id]);
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
