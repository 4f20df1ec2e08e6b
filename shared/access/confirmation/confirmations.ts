import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { type State, states } from '../../contract/outcome.ts';
import { type Clock, plausibleSkewMs } from '../../lib/clock.ts';
import { parseJson } from '../../lib/json.ts';
import { compareAndSwap } from '../../store/compare-and-swap.ts';
import type { Store } from '../../store/store.ts';
import { keyFor } from '../api-token.ts';
import type { Caller } from '../caller.ts';
import { can } from '../policy.ts';

/** A job by name. */
export interface JobName {
  readonly provider: string;
  readonly job_id: string;
}

/** A job as it was seen when a confirmation was offered for it, as far as it was seen. */
export interface JobShown extends JobName {
  readonly state?: State | undefined;
  /** Foreign text, fit to be shown. */
  readonly name?: string | undefined;
  /** RFC 3339 */
  readonly created_at?: string | undefined;
}

/** How the jobs of a confirmation are to be cancelled, and in what words they were selected. */
export interface ConfirmedHow {
  /** Whether the cancel is sent also if the status before it cannot be read. */
  readonly sendIfStatusUnknown: boolean;
  readonly waitSeconds?: number | undefined;
  readonly reason?: string | undefined;
  /** The words of the selector that found the jobs, such as `state: 'running'`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
}

/** Who asks, and where: what is offered in a scope serves in the same scope only. */
export interface Requester extends Caller {
  readonly scope?: string | undefined;
}

/** What somebody is told whose request must be confirmed. */
export interface Offer {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Confirms in a second call; only for those who may confirm for themselves. */
  readonly token?: string;
}

/** A confirmation as a person sees it who is to give it. */
export interface Confirmation {
  readonly id: string;
  readonly caller: string;
  readonly jobs: readonly JobShown[];
  readonly how: ConfirmedHow;
  readonly expiresAt: number;
  readonly state: 'pending' | 'approved' | 'used' | 'closed';
  readonly approvedBy?: string | undefined;
}

/**
 * Why a confirmation does not serve. `unknown`: there is none, it is over, or it is somebody else's. `other_how`: it is
 * for a cancel that checks the status first, and the request is for one that does not, or the other way round.
 */
export type ConfirmationFault =
  | 'unknown'
  | 'not_confirmed'
  | 'used'
  | 'other_jobs'
  | 'other_how'
  | 'not_allowed';

/** What a request that presents a confirmation says of its own. What it leaves out is as it was confirmed. */
export interface Restated {
  readonly jobs?: readonly JobName[] | undefined;
  readonly sendIfStatusUnknown?: boolean | undefined;
}

/** Which confirmation serves, who gave it, and how they were told that the jobs would be cancelled; or why none does. */
export type Use =
  | {
      readonly ok: true;
      readonly id: string;
      readonly confirmedBy: string;
      readonly how: ConfirmedHow;
    }
  | { readonly ok: false; readonly fault: ConfirmationFault };

/** The jobs of a confirmation that serves; or why none does. */
export type Peek =
  | { readonly ok: true; readonly jobs: readonly JobName[] }
  | { readonly ok: false; readonly fault: ConfirmationFault };

const lifeMs = 300_000;
/** So many jobs, with the longest ids and names there are, stay below what a store takes as one value. */
const jobsPerChunk = 400;
/** Who agreed, if it was at the client of whoever asked. */
export const personAtClient = 'the person at the client';

const storedSchema = z.strictObject({
  caller: z.string(),
  scope: z.string().optional(),
  digest: z.string(),
  /** How many values hold the jobs. */
  chunks: z.number(),
  nonce: z.string(),
  expiresAt: z.number(),
  reason: z.string().optional(),
  send_if_status_unknown: z.literal(true).optional(),
  wait_seconds: z.number().optional(),
  selector: z.record(z.string(), z.string()).optional(),
  state: z.enum(['pending', 'approved', 'used', 'closed']),
  approvedBy: z.string().optional(),
});
type Stored = z.infer<typeof storedSchema>;
/** Provider, id, and what was seen: state, name, time of creation. */
const shownSchema = z.tuple([z.string(), z.string()]).rest(z.union([z.string(), z.null()]));
const chunkSchema = z.array(shownSchema);
const seenState = z.enum(states).optional().catch(undefined);

/** 32 characters that are not taken for one another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
/** The form of an id, somewhat wider than the ids there are. */
export const confirmationIdPattern = /^[a-z2-9]{10}$/;

/** The id in what somebody presents as a confirmation, its token or its id; `undefined` where it can be neither. */
export function confirmationIdIn(claim: string): string | undefined {
  const [id = ''] = claim.split('.', 1);
  return confirmationIdPattern.test(id) ? id : undefined;
}

/** Where confirmations are kept, and the secret they are bound by. */
export interface ConfirmationParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Without it nothing can be offered. */
  pepper(): Promise<string | undefined>;
}

/**
 * Confirmations: bound to a caller, the exact set of jobs, how they are cancelled and five minutes, and good for one use,
 * which the store sees to.
 * The same request of the same caller has the same id, so that it goes through when it is repeated once a person has
 * approved it. Everything rejects when the store does.
 */
export class Confirmations {
  readonly #parts: ConfirmationParts;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /** Offers to confirm these jobs. One that is pending, or approved and not used, is offered again as it is. `undefined` without a pepper. */
  async offer(
    caller: Requester,
    jobs: readonly JobShown[],
    { sendIfStatusUnknown, waitSeconds, reason, selector }: ConfirmedHow = { sendIfStatusUnknown: false },
  ): Promise<Offer | undefined> {
    const pepper = await this.#parts.pepper();
    if (pepper === undefined) return undefined;
    const digest = digestOf(jobs);
    const id = idOf(caller, { digest, sendIfStatusUnknown }, pepper);
    const fresh: Stored = {
      caller: caller.id,
      ...(caller.scope === undefined ? {} : { scope: caller.scope }),
      digest,
      chunks: Math.ceil(jobs.length / jobsPerChunk),
      nonce: randomBytes(12).toString('base64url'),
      expiresAt: this.#parts.clock.wallTime() + lifeMs,
      ...(reason === undefined ? {} : { reason }),
      ...(sendIfStatusUnknown ? { send_if_status_unknown: true } : {}),
      ...(waitSeconds === undefined ? {} : { wait_seconds: waitSeconds }),
      ...(selector === undefined ? {} : { selector: { ...selector } }),
      state: 'pending',
    };
    const offered = (await this.#openOne(id)) ?? (await this.#begin(id, fresh, jobs));
    const offer = { id, expiresAt: offered.expiresAt };
    return caller.rights.selfConfirm ? { ...offer, token: `${id}.${macOf(id, offered, pepper)}` } : offer;
  }

  /** The confirmation, with its jobs; `undefined` where there is none, or its time is over. */
  async show(id: string): Promise<Confirmation | undefined> {
    const stored = await this.#known(id);
    const jobs = stored && (await this.#jobsOf(id, stored));
    if (stored === undefined || jobs === undefined) return undefined;
    const { caller, expiresAt, state, approvedBy } = stored;
    return { id, caller, expiresAt, how: howOf(stored), state, approvedBy, jobs };
  }

  /**
   * Lets the caller who asked go ahead. An agent cannot, whatever its rights, nor can who has no right to at one of the
   * connections, nor who asked and may not confirm for themselves.
   */
  async approve(id: string, approver: Caller): Promise<ConfirmationFault | undefined> {
    const shown = await this.show(id);
    if (shown === undefined) return 'unknown';
    const connections = new Set(shown.jobs.map(({ provider }) => provider));
    const isOwn = shown.caller === approver.id;
    if (approver.kind === 'agent' || (isOwn && !approver.rights.selfConfirm)) return 'not_allowed';
    if (![...connections].every((name) => can(approver, 'confirm', name))) return 'not_allowed';
    return this.#settle(id, { state: 'approved', approvedBy: approver.id });
  }

  /** Lets whoever asked go ahead on the yes of the person at their client. */
  approveAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'approved', approvedBy: personAtClient });
  }

  /** Uses at once a confirmation that the person at the client has just given. A fault: it was closed or used meanwhile. */
  useAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'used', approvedBy: personAtClient });
  }

  /** Ends a confirmation that nobody is to use any more. */
  close(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'closed' });
  }

  /**
   * Uses the confirmation that `claim` names: its token, or its id once it is approved. What is stated again must be as it
   * was offered. Of two uses at the same instant one wins.
   */
  async use(claim: string, caller: Requester, restated: Restated = {}): Promise<Use> {
    return this.#end('used', await this.#read(claim, caller, restated));
  }

  /** Ends a confirmation that its own asker, who has its token, does not want any more. */
  async withdraw(claim: string, caller: Requester): Promise<ConfirmationFault | undefined> {
    const ended = await this.#end('closed', await this.#read(claim, caller, {}));
    return ended.ok ? undefined : ended.fault;
  }

  async #end(state: 'used' | 'closed', presented: Presented | undefined): Promise<Use> {
    if (presented === undefined) return { ok: false, fault: 'unknown' };
    const { id } = presented;
    let used: Stored | undefined;
    let fault: ConfirmationFault | undefined;
    await this.#change(id, (known) => {
      used = known;
      fault = faultOf(known, presented);
      return known === undefined || fault !== undefined ? undefined : { ...known, state };
    });
    if (used === undefined || fault !== undefined) return { ok: false, fault: fault ?? 'unknown' };
    return { ok: true, id, confirmedBy: used.approvedBy ?? used.caller, how: howOf(used) };
  }

  /** The jobs of the confirmation that `claim` names, which is left to be used. @see use */
  async peek(claim: string, caller: Requester, restated: Restated = {}): Promise<Peek> {
    const presented = await this.#read(claim, caller, restated);
    const known = presented && (await this.#known(presented.id));
    const fault = presented === undefined ? 'unknown' : faultOf(known, presented);
    if (presented === undefined || known === undefined || fault !== undefined)
      return { ok: false, fault: fault ?? 'unknown' };
    const held = await this.#jobsOf(presented.id, known);
    const areThose = held !== undefined && digestOf(held) === known.digest;
    return areThose ? { ok: true, jobs: held } : { ok: false, fault: 'unknown' };
  }

  /** Uses the approved confirmation of exactly this cancel, if there is one: for a request that is merely repeated. */
  async useApproved(caller: Requester, jobs: readonly JobName[], sendIfStatusUnknown = false): Promise<Use> {
    const pepper = await this.#parts.pepper();
    if (pepper === undefined) return { ok: false, fault: 'unknown' };
    const id = idOf(caller, { digest: digestOf(jobs), sendIfStatusUnknown }, pepper);
    return this.use(id, caller, { jobs, sendIfStatusUnknown });
  }

  async #read(
    claim: string,
    caller: Requester,
    { jobs, sendIfStatusUnknown }: Restated,
  ): Promise<Presented | undefined> {
    const id = confirmationIdIn(claim);
    if (id === undefined) return undefined;
    const mac = claim === id ? undefined : claim.slice(id.length + 1);
    const digest = jobs === undefined ? undefined : digestOf(jobs);
    return { id, mac, caller, digest, sendIfStatusUnknown, pepper: await this.#parts.pepper() };
  }

  /** Offers what is not offered yet; of two who do so at the same instant both get what the first one offers. */
  async #begin(id: string, fresh: Stored, jobs: readonly JobShown[]): Promise<Stored> {
    await this.#keepJobs(id, fresh, jobs);
    let offered = fresh;
    await this.#change(id, (known) => {
      offered = known !== undefined && isOpen(known) ? known : fresh;
      return offered === known ? undefined : fresh;
    });
    return offered;
  }

  async #openOne(id: string): Promise<Stored | undefined> {
    const known = await this.#known(id);
    return known !== undefined && isOpen(known) ? known : undefined;
  }

  async #known(id: string): Promise<Stored | undefined> {
    return this.#inTime((await this.#parts.store.get(keyOf(id)))?.value);
  }

  async #settle(
    id: string,
    change: Pick<Stored, 'state' | 'approvedBy'>,
  ): Promise<ConfirmationFault | undefined> {
    let fault: ConfirmationFault | undefined;
    await this.#change(id, (known) => {
      fault = known === undefined ? 'unknown' : isOpen(known) ? undefined : 'used';
      return known === undefined || fault !== undefined ? undefined : { ...known, ...change };
    });
    return fault;
  }

  #change(id: string, change: (known: Stored | undefined) => Stored | undefined): Promise<void> {
    return compareAndSwap(this.#parts.store, keyOf(id), (value) => {
      const next = change(this.#inTime(value));
      return next && { value: JSON.stringify(next), expiresAt: next.expiresAt };
    });
  }

  #inTime(value: string | undefined): Stored | undefined {
    const { data } = storedSchema.safeParse(value === undefined ? undefined : parseJson(value));
    if (data === undefined) return undefined;
    const leftMs = data.expiresAt - this.#parts.clock.wallTime();
    // One that seems to live longer than any was given before the clock was set back: nobody can tell for how long it stands.
    return leftMs > 0 && leftMs <= lifeMs + plausibleSkewMs ? data : undefined;
  }

  async #keepJobs(id: string, { nonce, expiresAt }: Stored, jobs: readonly JobShown[]): Promise<void> {
    for (let chunk = 0; chunk * jobsPerChunk < jobs.length; chunk += 1) {
      const share = jobs.slice(chunk * jobsPerChunk, (chunk + 1) * jobsPerChunk);
      const value = JSON.stringify(share.map(rowOf));
      await this.#parts.store.put(chunkKeyOf(id, nonce, chunk), value, { version: 0, expiresAt });
    }
  }

  /** The jobs, or `undefined` where their time ended just now: they are kept apart from what names them. */
  async #jobsOf(id: string, { nonce, chunks }: Stored): Promise<JobShown[] | undefined> {
    const keys = Array.from({ length: chunks }, (_, chunk) => chunkKeyOf(id, nonce, chunk));
    const entries = await Promise.all(keys.map((key) => this.#parts.store.get(key)));
    const shares = entries.map((entry) => chunkSchema.safeParse(parseJson(entry?.value ?? '')).data);
    if (shares.includes(undefined)) return undefined;
    return shares.flatMap((share = []) => share.map(jobIn));
  }
}

function rowOf({ provider, job_id, state, name, created_at }: JobShown): (string | null)[] {
  return [provider, job_id, state ?? null, name ?? null, created_at ?? null];
}

function jobIn([provider, job_id, state, name, created_at]: z.infer<typeof shownSchema>): JobShown {
  const seen = seenState.parse(state ?? undefined);
  return {
    provider,
    job_id,
    ...(seen && { state: seen }),
    ...(name && { name }),
    ...(created_at && { created_at }),
  };
}

function howOf({ send_if_status_unknown, wait_seconds, reason, selector }: Stored): ConfirmedHow {
  return {
    sendIfStatusUnknown: send_if_status_unknown === true,
    waitSeconds: wait_seconds,
    reason,
    selector,
  };
}

/** A confirmation as somebody presents it. */
interface Presented {
  readonly id: string;
  readonly mac: string | undefined;
  readonly caller: Requester;
  readonly digest: string | undefined;
  readonly sendIfStatusUnknown: boolean | undefined;
  readonly pepper: string | undefined;
}

/** What speaks against a use. Whose it is comes first: to everybody else it does not exist. */
function faultOf(
  known: Stored | undefined,
  { id, mac, caller, digest, sendIfStatusUnknown, pepper }: Presented,
): ConfirmationFault | undefined {
  if (known?.caller !== caller.id || known.scope !== caller.scope) return 'unknown';
  const offered = { digest: known.digest, sendIfStatusUnknown: known.send_if_status_unknown ?? false };
  if (pepper === undefined || id !== idOf(caller, offered, pepper)) return 'unknown';
  if (mac !== undefined && !isSame(mac, macOf(id, known, pepper))) return 'unknown';
  if (digest !== undefined && digest !== known.digest) return 'other_jobs';
  if (sendIfStatusUnknown !== undefined && sendIfStatusUnknown !== offered.sendIfStatusUnknown)
    return 'other_how';
  if (!isOpen(known)) return 'used';
  const confirmsItself = mac !== undefined && caller.rights.selfConfirm;
  return known.state === 'approved' || confirmsItself ? undefined : 'not_confirmed';
}

function isOpen({ state }: Stored): boolean {
  return state === 'pending' || state === 'approved';
}

function keyOf(id: string): string {
  return `confirmation/${id}`;
}

function chunkKeyOf(id: string, nonce: string, chunk: number): string {
  return `confirmation/${id}/${nonce}/${chunk}`;
}

/** The same for the same jobs, in whatever order they were named. */
function digestOf(jobs: readonly JobName[]): string {
  const names = jobs.map(({ provider, job_id }) => `${provider}/${job_id}`).sort();
  return createHash('sha256').update(names.join('\n')).digest('base64url');
}

/** Short enough to be read out, and nothing that somebody without the pepper could know beforehand. */
function idOf(
  caller: Requester,
  { digest, sendIfStatusUnknown }: { readonly digest: string; readonly sendIfStatusUnknown: boolean },
  pepper: string,
): string {
  const mac = hmac('confirmation id', pepper, [caller.id, digest, sendIfStatusUnknown, ...within(caller)]);
  return [...mac.subarray(0, 10)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

function macOf(id: string, stored: Stored, pepper: string): string {
  const { caller, digest, nonce, expiresAt, send_if_status_unknown = false } = stored;
  const bound = [id, caller, digest, nonce, expiresAt, send_if_status_unknown, ...within(stored)];
  return hmac('confirmation token', pepper, bound).toString('base64url');
}

function within({ scope }: Pick<Requester, 'scope'>): string[] {
  return scope === undefined ? [] : [scope];
}

function hmac(use: string, pepper: string, bound: readonly (string | number | boolean)[]): Buffer {
  return createHmac('sha256', keyFor(use, pepper)).update(JSON.stringify(bound)).digest();
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
