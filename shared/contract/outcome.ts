/** calloff's names for the states of a job. `unknown` is a provider's word that no adapter knows: not final, never `cancelled`. */
export const states = [
  'queued',
  'running',
  'cancelling',
  'cancelled',
  'completed',
  'failed',
  'unknown',
] as const;
export type State = (typeof states)[number];

const finalStates: ReadonlySet<State> = new Set(['cancelled', 'completed', 'failed']);

/** Whether a job in this state will never change again. */
export function isFinal(state: State): boolean {
  return finalStates.has(state);
}

interface Traits {
  /** HTTP status of a single answer. */
  readonly status: number;
  /** Whether the same request, sent again, may have a better outcome. */
  readonly retryable: boolean;
}

/** Every outcome with its traits. `refused` and `failed` take theirs from `codes` instead. */
export const outcomes = {
  cancelled: { status: 200, retryable: false },
  cancelling: { status: 202, retryable: false },
  already_cancelled: { status: 200, retryable: false },
  already_finished: { status: 200, retryable: false },
  not_found: { status: 404, retryable: false },
  refused: { status: 403, retryable: false },
  failed: { status: 500, retryable: false },
  unknown: { status: 504, retryable: true },
  not_attempted: { status: 503, retryable: true },
  would_cancel: { status: 200, retryable: false },
} as const satisfies Record<string, Traits>;
export type OutcomeName = keyof typeof outcomes;

/** Every reason why calloff did nothing on purpose (`refused`) or could not do it (`failed`). */
export const codes = {
  denied_by_policy: { outcome: 'refused', status: 403, retryable: false },
  protected_job: { outcome: 'refused', status: 403, retryable: false },
  confirmation_required: { outcome: 'refused', status: 409, retryable: false },
  not_cancellable: { outcome: 'refused', status: 409, retryable: false },
  denied_by_provider: { outcome: 'refused', status: 403, retryable: false },
  caller_rate_limited: { outcome: 'refused', status: 429, retryable: true },
  provider_not_configured: { outcome: 'failed', status: 503, retryable: false },
  credentials_rejected: { outcome: 'failed', status: 502, retryable: false },
  rate_limited: { outcome: 'failed', status: 429, retryable: true },
  provider_unavailable: { outcome: 'failed', status: 503, retryable: true },
  unexpected_response: { outcome: 'failed', status: 502, retryable: false },
  internal: { outcome: 'failed', status: 500, retryable: false },
} as const satisfies Record<string, Traits & { outcome: OutcomeName }>;
export type Code = keyof typeof codes;

/** The codes under which an outcome is `failed`. */
export type FailureCode = {
  [code in Code]: (typeof codes)[code]['outcome'] extends 'failed' ? code : never;
}[Code];

function keysOf<Key extends string>(table: Readonly<Record<Key, unknown>>): readonly [Key, ...Key[]] {
  const [first, ...rest] = Object.keys(table).filter((key): key is Key => key in table);
  if (first === undefined) throw new Error('an empty vocabulary');
  return [first, ...rest];
}

/**
 * Why something could not be reached, if that is known. A provider: its certificate is not trusted, its name cannot be
 * resolved, it refused the connection, it did not answer in time, the proxy failed. A secret: it cannot be read now. The
 * store: another process holds its lock, it did not answer in time, its disk is full, its file is gone.
 */
export const causes = [
  'certificate',
  'name',
  'refused',
  'timeout',
  'proxy',
  'secret_unreadable',
  'store_locked',
  'store_slow',
  'store_full',
  'store_gone',
] as const;
export type Cause = (typeof causes)[number];

/** Whether the cause usually ends within seconds, so that the same request may succeed soon. */
export function isPassing(cause: Cause | undefined): boolean {
  return cause === 'store_locked' || cause === 'store_slow' || cause === 'secret_unreadable';
}

/** The names of all outcomes, in the order of the documentation. */
export const outcomeNames = keysOf(outcomes);
/** All codes, in the order of the documentation. */
export const codeNames = keysOf(codes);

/** The HTTP status of an answer about one job. */
export function statusOf({
  outcome,
  code,
}: {
  readonly outcome: OutcomeName;
  readonly code?: Code | undefined;
}) {
  return code === undefined ? outcomes[outcome].status : codes[code].status;
}

/** How many of each outcome there are, zeros included. */
export function countOutcomes(
  list: readonly { readonly outcome: OutcomeName }[],
): Record<OutcomeName, number> {
  const counts: Record<OutcomeName, number> = {
    cancelled: 0,
    cancelling: 0,
    already_cancelled: 0,
    already_finished: 0,
    not_found: 0,
    refused: 0,
    failed: 0,
    unknown: 0,
    not_attempted: 0,
    would_cancel: 0,
  };
  for (const { outcome } of list) counts[outcome] += 1;
  return counts;
}
