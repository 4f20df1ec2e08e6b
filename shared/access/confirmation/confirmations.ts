import { type ConfirmationParts, lifeOfCancel, lifeOfOperation } from './lifetime.ts';
import { offerConfirmation } from './offer-confirmation.ts';
import { faultOf, type Presented, presentedBy } from './presented-confirmation.ts';
import { type ConfirmationRecord, howOf, type NewConfirmation } from './record.ts';
import { ConfirmationRecords } from './record-store.ts';
import { digestOf, idOf } from './token.ts';
import type {
  ConfirmationFault,
  ConfirmedHow,
  JobName,
  JobShown,
  Offer,
  OperationToConfirm,
  Peek,
  Requester,
  Restated,
  Use,
} from './types.ts';

/**
 * Confirmations: bound to a caller, the exact set of jobs, how they are cancelled and a time. The store makes sure
 * that each is used once.
 * The same request of the same caller has the same id, so that a repeated request succeeds after a person has
 * approved it. Everything rejects when the store does.
 */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  readonly #records: ConfirmationRecords;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
    this.#records = new ConfirmationRecords(parts.store, parts.clock);
  }

  /**
   * Offers a confirmation for these jobs. A pending one, or an approved and unused one, is offered again unchanged. `undefined`
   * without a pepper.
   */
  async offer(
    caller: Requester,
    jobs: readonly JobShown[],
    how: ConfirmedHow = { sendIfStatusUnknown: false },
  ): Promise<Offer | undefined> {
    return this.#offer(
      { caller, jobs, how, digest: digestOf(jobs) },
      await lifeOfCancel(caller, this.#parts),
    );
  }

  /** Offers a confirmation for the start or the resume of an operation. `undefined` without a pepper. @see offer */
  async offerOperation(caller: Requester, operation: OperationToConfirm): Promise<Offer | undefined> {
    const { shown: jobs, how, digest, ...named } = operation;
    return this.#offer({ caller, jobs, how, digest, operation: named }, await lifeOfOperation(this.#parts));
  }

  /**
   * Uses the confirmation of an operation that `claim` names, or, without a claim, the one that was approved for it. One that
   * was used counts, because it is for one start or resume, which happens once: a call that broke off can be repeated.
   */
  async useOperation(
    claim: string | undefined,
    caller: Requester,
    { digest, how: { sendIfStatusUnknown } }: Pick<OperationToConfirm, 'digest' | 'how'>,
  ): Promise<Use> {
    const pepper = await this.#parts.pepper();
    if (pepper === undefined) return { ok: false, fault: 'unknown' };
    const id = claim ?? idOf(caller, { digest, sendIfStatusUnknown }, pepper);
    const presented = presentedBy(caller, id, {}, pepper);
    return this.#end('used', presented && { ...presented, digest, sendIfStatusUnknown, isRepeatable: true });
  }

  async #offer(
    asked: Omit<NewConfirmation, 'expiresAt' | 'livesMs'> & { readonly jobs: readonly JobShown[] },
    livesMs: number,
  ): Promise<Offer | undefined> {
    const pepper = await this.#parts.pepper();
    if (pepper === undefined) return undefined;
    const expiresAt = this.#parts.clock.wallTime() + livesMs;
    return offerConfirmation(this.#records, { ...asked, expiresAt, livesMs }, pepper);
  }

  /**
   * Uses the confirmation that `claim` names: its token, or its id after an approval. Repeated details must match the offer.
   * Of two uses at the same time one wins.
   */
  async use(claim: string, caller: Requester, restated: Restated = {}): Promise<Use> {
    return this.#end('used', await this.#presented(claim, caller, restated));
  }

  /** Closes a confirmation for its own caller, who has its token. */
  async withdraw(claim: string, caller: Requester): Promise<ConfirmationFault | undefined> {
    const ended = await this.#end('closed', await this.#presented(claim, caller, {}));
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

  /** The jobs of the confirmation that `claim` names, without using it. @see use */
  async peek(claim: string, caller: Requester, restated: Restated = {}): Promise<Peek> {
    const presented = await this.#presented(claim, caller, restated);
    const known = presented && (await this.#records.get(presented.id));
    const fault = presented === undefined ? 'unknown' : faultOf(known, presented);
    if (presented === undefined || known === undefined || fault !== undefined)
      return { ok: false, fault: fault ?? 'unknown' };
    const held = await this.#records.jobsOf(presented.id, known);
    const areThose = held !== undefined && digestOf(held) === known.digest;
    return areThose ? { ok: true, jobs: held } : { ok: false, fault: 'unknown' };
  }

  /** Uses the approved confirmation of exactly this cancel, if there is one, for a request that is repeated without it. */
  async useApproved(caller: Requester, jobs: readonly JobName[], sendIfStatusUnknown = false): Promise<Use> {
    const pepper = await this.#parts.pepper();
    if (pepper === undefined) return { ok: false, fault: 'unknown' };
    const id = idOf(caller, { digest: digestOf(jobs), sendIfStatusUnknown }, pepper);
    return this.use(id, caller, { jobs, sendIfStatusUnknown });
  }

  async #presented(claim: string, caller: Requester, restated: Restated): Promise<Presented | undefined> {
    return presentedBy(caller, claim, restated, await this.#parts.pepper());
  }
}
