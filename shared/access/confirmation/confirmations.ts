import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { can } from '../policy.ts';
import {
  type ConfirmationRecord,
  ConfirmationRecords,
  howOf,
  isOpen,
  jobsPerChunk,
  lifeMs,
} from './record.ts';
import { confirmationIdIn, constantTimeEqual, digestOf, idOf, macOf } from './token.ts';
import type {
  Confirmation,
  ConfirmationFault,
  ConfirmedHow,
  JobName,
  JobShown,
  Offer,
  Peek,
  Requester,
  Restated,
  Use,
} from './types.ts';

/** Who agreed, if it was at the client of whoever asked. */
export const personAtClient = 'the person at the client';

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
  readonly #records: ConfirmationRecords;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
    this.#records = new ConfirmationRecords(parts.store, parts.clock);
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
    const fresh: ConfirmationRecord = {
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
    const stored = await this.#records.get(id);
    const jobs = stored && (await this.#records.jobsOf(id, stored));
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
    let used: ConfirmationRecord | undefined;
    let fault: ConfirmationFault | undefined;
    await this.#records.change(id, (known) => {
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
    const known = presented && (await this.#records.get(presented.id));
    const fault = presented === undefined ? 'unknown' : faultOf(known, presented);
    if (presented === undefined || known === undefined || fault !== undefined)
      return { ok: false, fault: fault ?? 'unknown' };
    const held = await this.#records.jobsOf(presented.id, known);
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
  async #begin(
    id: string,
    fresh: ConfirmationRecord,
    jobs: readonly JobShown[],
  ): Promise<ConfirmationRecord> {
    await this.#records.keepJobs(id, fresh, jobs);
    let offered = fresh;
    await this.#records.change(id, (known) => {
      offered = known !== undefined && isOpen(known) ? known : fresh;
      return offered === known ? undefined : fresh;
    });
    return offered;
  }

  async #openOne(id: string): Promise<ConfirmationRecord | undefined> {
    const known = await this.#records.get(id);
    return known !== undefined && isOpen(known) ? known : undefined;
  }

  async #settle(
    id: string,
    change: Pick<ConfirmationRecord, 'state' | 'approvedBy'>,
  ): Promise<ConfirmationFault | undefined> {
    let fault: ConfirmationFault | undefined;
    await this.#records.change(id, (known) => {
      fault = known === undefined ? 'unknown' : isOpen(known) ? undefined : 'used';
      return known === undefined || fault !== undefined ? undefined : { ...known, ...change };
    });
    return fault;
  }
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
  known: ConfirmationRecord | undefined,
  { id, mac, caller, digest, sendIfStatusUnknown, pepper }: Presented,
): ConfirmationFault | undefined {
  if (known?.caller !== caller.id || known.scope !== caller.scope) return 'unknown';
  const offered = { digest: known.digest, sendIfStatusUnknown: known.send_if_status_unknown ?? false };
  if (pepper === undefined || id !== idOf(caller, offered, pepper)) return 'unknown';
  if (mac !== undefined && !constantTimeEqual(mac, macOf(id, known, pepper))) return 'unknown';
  if (digest !== undefined && digest !== known.digest) return 'other_jobs';
  if (sendIfStatusUnknown !== undefined && sendIfStatusUnknown !== offered.sendIfStatusUnknown)
    return 'other_how';
  if (!isOpen(known)) return 'used';
  const confirmsItself = mac !== undefined && caller.rights.selfConfirm;
  return known.state === 'approved' || confirmsItself ? undefined : 'not_confirmed';
}
