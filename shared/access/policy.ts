import { type Action, actions, type Caller, type JobPattern } from './caller.ts';
import { matches, matchesName } from './wildcard.ts';

/** Why a job is left alone: this caller may not, or nobody may. */
export type PolicyRefusal = 'denied_by_policy' | 'protected_job';

/** A job before it was looked at: its connection, and its canonical id. */
export interface UnseenJob {
  readonly connection: string;
  readonly id: string;
}

/** A job whose name was looked for; `undefined` where it cannot be seen. */
export interface NamedJob extends UnseenJob {
  readonly name: string | undefined;
  /** No look shows that the provider writes the id like this. */
  readonly isUnseen?: boolean | undefined;
}

/** Whether the caller may do this at all: at this connection, where one is given. */
export function can({ rights }: Caller, action: Action, connection?: string): boolean {
  if (!rights.actions.includes(action)) return false;
  return connection === undefined || rights.connections.some((pattern) => matches(pattern, connection));
}

/** Whether the caller may do anything at this connection: of the others they are not even told the names. */
export function canDoAnything(caller: Caller, connection: string): boolean {
  return actions.some((action) => can(caller, action, connection));
}

/**
 * Why the job is refused whatever its name is, or `undefined` where that is not settled yet: then {@link needsName}
 * tells whether its name matters.
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

/** Whether a job that its id does not settle must have its name seen before it is judged. */
export function needsName(caller: Caller, protectedJobs: readonly JobPattern[], job: UnseenJob): boolean {
  if (authorizeById(caller, protectedJobs, job) !== undefined) return false;
  const { allow, deny } = caller.rights;
  const asksName = (rule: JobPattern) => rule.name !== undefined && covers(rule, job);
  const isAllowed = allow?.some((rule) => rule.name === undefined && covers(rule, job)) ?? true;
  return !isAllowed || deny.some(asksName) || protectedJobs.some(asksName);
}

/**
 * Why the job is refused, or `undefined`: the whole judgement. Deny wins over allow. A name that cannot be seen is
 * taken for the one that refuses, and an id that was not seen for every other writing of it.
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

/** A provider may read ids less strictly than it writes them: UUIDs in capitals, without hyphens, or as a URN. */
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

/** Whether all of the rule but its name matches. */
function covers({ connection, id }: JobPattern, job: UnseenJob): boolean {
  if (connection !== undefined && !matches(connection, job.connection)) return false;
  return id === undefined || matches(id, job.id);
}

function hasName(rule: JobPattern, { name }: NamedJob, unseen: boolean): boolean {
  if (rule.name === undefined) return true;
  return name === undefined ? unseen : matchesName(rule.name, name);
}
