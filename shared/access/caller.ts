/** What a caller is. An agent is a program that someone may talk into something, so its defaults are narrower. */
export const callerKinds = ['person', 'program', 'agent'] as const;
export type CallerKind = (typeof callerKinds)[number];

/** What may be done: find and look at jobs, cancel them, confirm what others asked for, read the audit. */
export const actions = ['list', 'cancel', 'confirm', 'audit'] as const;
export type Action = (typeof actions)[number];

/** A rule about jobs. All parts that are given must match, each with `*` as the only wildcard. */
export interface JobPattern {
  readonly connection?: string | undefined;
  /** Matched with its case, against the canonical id. */
  readonly id?: string | undefined;
  /** Matched without its case. */
  readonly name?: string | undefined;
}

/** What one caller may do. A limit that is absent is none. */
export interface Rights {
  /** Patterns of connections. */
  readonly connections: readonly string[];
  readonly actions: readonly Action[];
  /** The most jobs one call may name. */
  readonly maxJobs: number;
  readonly cancelsPerMinute?: number | undefined;
  readonly readsPerMinute?: number | undefined;
  /** Above how many cancels within ten minutes a confirmation is needed. */
  readonly confirmAbove?: number | undefined;
  readonly selfConfirm: boolean;
  /** Where present, only jobs that match one of them. */
  readonly allow?: readonly JobPattern[] | undefined;
  /** Never these, whatever is allowed. */
  readonly deny: readonly JobPattern[];
}

/** Someone or something that asks, under the name by which the audit knows it. */
export interface Caller {
  readonly id: string;
  readonly kind: CallerKind;
  readonly rights: Rights;
}

/** What a caller may do who may do everything, unasked. */
export const unrestrictedRights: Rights = {
  connections: ['*'],
  actions,
  maxJobs: 5_000,
  selfConfirm: true,
  deny: [],
};
