import { type Action, actions, type Caller, type JobPattern } from './caller.ts';
import { matches, matchesName } from './wildcard.ts';

/** Why a job may not be cancelled: by this caller, or by any. */
export type PolicyRefusal = 'denied_by_policy' | 'protected_job';

/** A job before its status is checked: its connection and canonical id. */
export interface UnseenJob {
  readonly connection: string;
  readonly id: string;
}

/** A job with its name; `undefined` if the name cannot be read. */
export interface NamedJob extends UnseenJob {
  readonly name: string | undefined;
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
 * Why a job is refused regardless of its name; `undefined` if that is not decided yet: then {@link needsName} says whether
 * the name matters.
 */
export function authorizeById(
  { rights }: Caller,
  protectedJobs: readonly JobPattern[],
  job: UnseenJob,
): PolicyRefusal | undefined {
  const settles = (rule: JobPattern) => rule.name === undefined && covers(rule, job);
  if (rights.deny.some(settles)) return 'denied_by_policy';
  if (rights.allow?.some((rule) => covers(rule, job)) === false) return 'denied_by_policy';
  return protectedJobs.some(settles) ? 'protected_job' : undefined;
}

/** Whether the name of a job must be read before it can be judged. */
export function needsName(caller: Caller, protectedJobs: readonly JobPattern[], job: UnseenJob): boolean {
  if (authorizeById(caller, protectedJobs, job) !== undefined) return false;
  const { allow, deny } = caller.rights;
  const asksName = (rule: JobPattern) => rule.name !== undefined && covers(rule, job);
  const isAllowed = allow?.some((rule) => rule.name === undefined && covers(rule, job)) ?? true;
  return !isAllowed || deny.some(asksName) || protectedJobs.some(asksName);
}

/**
 * Why a job is refused, or `undefined`: the full decision. Deny wins over allow. A name that cannot be read counts as one
 * that is refused. If the job's status was not read, deny rules match every spelling of its id.
 */
export function authorizeByName(
  { rights }: Caller,
  protectedJobs: readonly JobPattern[],
  job: NamedJob,
): PolicyRefusal | undefined {
  const applies = (rule: JobPattern, unseen: boolean) => covers(rule, job) && hasName(rule, job, unseen);
  const forbids = (rule: JobPattern) => applies(rule, true) || (job.isUnseen && forbidsUnseen(rule, job));
  if (rights.deny.some(forbids)) return 'denied_by_policy';
  if (rights.allow?.some((rule) => applies(rule, false)) === false) return 'denied_by_policy';
  return protectedJobs.some(forbids) ? 'protected_job' : undefined;
}

/** Whether a rule matches any spelling of an id. Providers may accept UUIDs in capitals, without hyphens, or as a URN. */
function forbidsUnseen({ id, ...rule }: JobPattern, job: NamedJob): boolean {
  const loose = { ...rule, id: id === undefined ? undefined : withoutWriting(id) };
  return covers(loose, { ...job, id: withoutWriting(job.id) }) && hasName(rule, job, true);
}

function withoutWriting(id: string): string {
  return id
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replaceAll(/[^a-z0-9*]/g, '');
}

/** Whether a rule matches, apart from its name. */
function covers({ connection, id }: JobPattern, job: UnseenJob): boolean {
  if (connection !== undefined && !matches(connection, job.connection)) return false;
  return id === undefined || matches(id, job.id);
}

function hasName(rule: JobPattern, { name }: NamedJob, unseen: boolean): boolean {
  if (rule.name === undefined) return true;
  return name === undefined ? unseen : matchesName(rule.name, name);
}
