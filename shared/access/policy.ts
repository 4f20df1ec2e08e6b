import { judgeLabel, judgeNames, judgeText, type Labels, matches } from '../lib/wildcard.ts';
import { type Action, actions, type Caller, type JobPattern } from './caller.ts';

/** Why a job may not be cancelled: by this caller, or by any. */
export type PolicyRefusal = 'denied_by_policy' | 'protected_job';

/** A job before its status is checked: its connection and canonical id. */
export interface UnseenJob {
  readonly connection: string;
  readonly id: string;
}

/** A job with what its provider shows of it: `undefined` if that cannot be read, or not whole. */
export interface ShownJob extends UnseenJob {
  readonly name: string | undefined;
  readonly owner?: string | undefined;
  readonly target?: string | undefined;
  /** What else the provider calls the target. */
  readonly targetAliases?: readonly (string | undefined)[] | undefined;
  readonly labels?: Labels | undefined;
  /** Set if no status check has shown how the provider writes the id. */
  readonly isUnseen?: boolean | undefined;
}

/** Whether the caller has the right to an action, at a connection if one is given. */
export function can({ rights }: Caller, action: Action, connection?: string): boolean {
  if (!rights.actions.includes(action)) return false;
  return connection === undefined || rights.connections.some((pattern) => matches(pattern, connection));
}

/** Whether the caller has any right at this connection. The names of others are hidden. */
export function canDoAnything(caller: Caller, connection: string): boolean {
  return actions.some((action) => can(caller, action, connection));
}

/**
 * Why a job is refused whatever its provider shows of it; `undefined` if that is not decided yet: then
 * {@link needsAttributes} says whether that matters.
 */
export function authorizeById(
  { rights }: Caller,
  protectedJobs: readonly JobPattern[],
  job: UnseenJob,
): PolicyRefusal | undefined {
  const settles = (rule: JobPattern) => !asksAttributes(rule) && covers(rule, job);
  if (rights.deny.some(settles)) return 'denied_by_policy';
  if (rights.allow?.some((rule) => covers(rule, job)) === false) return 'denied_by_policy';
  return protectedJobs.some(settles) ? 'protected_job' : undefined;
}

/** Whether the name, the owner, the target or the labels of a job must be read before it can be judged. */
export function needsAttributes(
  caller: Caller,
  protectedJobs: readonly JobPattern[],
  job: UnseenJob,
): boolean {
  if (authorizeById(caller, protectedJobs, job) !== undefined) return false;
  const { allow, deny } = caller.rights;
  const asks = (rule: JobPattern) => asksAttributes(rule) && covers(rule, job);
  const isAllowed = allow?.some((rule) => !asksAttributes(rule) && covers(rule, job)) ?? true;
  return !isAllowed || deny.some(asks) || protectedJobs.some(asks);
}

/**
 * Why a job is refused, or `undefined`: the full decision. Deny wins over allow. What cannot be read counts as if it were
 * refused. If the job's status was not read, deny rules match every spelling of its id.
 */
export function authorizeByAttributes(
  { rights }: Caller,
  protectedJobs: readonly JobPattern[],
  job: ShownJob,
): PolicyRefusal | undefined {
  const applies = (rule: JobPattern, unseen: boolean) =>
    covers(rule, job) && hasAttributes(rule, job, unseen);
  const forbids = (rule: JobPattern) => applies(rule, true) || (job.isUnseen && forbidsUnseen(rule, job));
  if (rights.deny.some(forbids)) return 'denied_by_policy';
  if (rights.allow?.some((rule) => applies(rule, false)) === false) return 'denied_by_policy';
  return protectedJobs.some(forbids) ? 'protected_job' : undefined;
}

/**
 * Why a cancel of this job would be refused as far as what is shown of it decides that; `undefined` if it may be allowed. What a
 * list leaves out counts as if it allowed the cancel: the cancel itself reads it, and decides then.
 */
export function refusalAsShown(
  caller: Caller,
  protectedJobs: readonly JobPattern[],
  job: ShownJob,
): PolicyRefusal | undefined {
  if (!can(caller, 'cancel', job.connection)) return 'denied_by_policy';
  const { allow, deny } = caller.rights;
  const applies = (rule: JobPattern, unseen: boolean) =>
    covers(rule, job) && hasAttributes(rule, job, unseen);
  if (deny.some((rule) => applies(rule, false))) return 'denied_by_policy';
  if (allow?.some((rule) => applies(rule, true)) === false) return 'denied_by_policy';
  return protectedJobs.some((rule) => applies(rule, false)) ? 'protected_job' : undefined;
}

/** Whether a rule matches any spelling of an id. Providers may accept UUIDs in capitals, without hyphens, or as a URN. */
function forbidsUnseen({ id, ...rule }: JobPattern, job: ShownJob): boolean {
  const loose = { ...rule, id: id === undefined ? undefined : withoutWriting(id) };
  return covers(loose, { ...job, id: withoutWriting(job.id) }) && hasAttributes(rule, job, true);
}

function withoutWriting(id: string): string {
  return id
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replaceAll(/[^a-z0-9*]/g, '');
}

/** Whether a rule matches by what is known before a status check. */
function covers({ connection, id }: JobPattern, job: UnseenJob): boolean {
  if (connection !== undefined && !matches(connection, job.connection)) return false;
  return id === undefined || matches(id, job.id);
}

function asksAttributes({ name, owner, target, label }: JobPattern): boolean {
  return [name, owner, target, label].some((pattern) => pattern !== undefined);
}

/** Whether a rule matches by what a status check shows. `unseen`: what to say if that cannot be told. */
function hasAttributes(
  rule: JobPattern,
  { name, owner, target, targetAliases = [], labels }: ShownJob,
  unseen: boolean,
): boolean {
  const judged = [
    judgeText(rule.name, name),
    judgeText(rule.owner, owner),
    judgeNames(rule.target, [target, ...targetAliases]),
    judgeLabel(rule.label, labels),
  ];
  if (judged.includes('no')) return false;
  return unseen || !judged.includes('unseen');
}
