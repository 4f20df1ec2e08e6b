/** The kinds of callers. An agent is a program that text can persuade, so its default rights are narrower. */
export const callerKinds = ['person', 'program', 'agent'] as const;
export type CallerKind = (typeof callerKinds)[number];

/** The actions: list and read jobs, cancel them, confirm the requests of others, read the audit. */
export const actions = ['list', 'cancel', 'confirm', 'audit'] as const;
export type Action = (typeof actions)[number];

/** A rule about jobs. All given parts must match, each with `*` as the only wildcard. */
export interface JobPattern {
  readonly connection?: string | undefined;
  /** Matched against the canonical id. Case matters. */
  readonly id?: string | undefined;
  /** Matched without regard to case, as are the owner, the target and the label. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly target?: string | undefined;
  /** A label that the job must have, as `key=value`. */
  readonly label?: string | undefined;
}

/** The rights of one caller. An absent limit does not apply. */
export interface Rights {
  /** Patterns of connections. */
  readonly connections: readonly string[];
  readonly actions: readonly Action[];
  /** The most jobs one call may name. */
  readonly maxJobs: number;
  /** The most jobs one operation may have. */
  readonly maxOperationJobs: number;
  readonly cancelsPerMinute?: number | undefined;
  readonly readsPerMinute?: number | undefined;
  /** The number of cancels within ten minutes above which a confirmation is needed. */
  readonly confirmAbove?: number | undefined;
  readonly selfConfirm: boolean;
  /** If present, the caller may cancel only jobs that match one of these. */
  readonly allow?: readonly JobPattern[] | undefined;
  /** Jobs that the caller may never cancel, even if `allow` matches them. */
  readonly deny: readonly JobPattern[];
}

/** A person, program or agent that makes requests. The audit shows its id. */
export interface Caller {
  readonly id: string;
  readonly kind: CallerKind;
  readonly rights: Rights;
}

/** Every right, without limits or confirmations. */
export const unrestrictedRights: Rights = {
  connections: ['*'],
  actions,
  maxJobs: 5_000,
  maxOperationJobs: 100_000,
  selfConfirm: true,
  deny: [],
};
