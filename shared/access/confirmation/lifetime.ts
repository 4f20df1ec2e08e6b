import type { Clock } from '../../lib/clock.ts';
import type { Store } from '../../store/store.ts';
import { defaultConfirmationMinutes, ownLifeMs } from './record.ts';
import type { Requester } from './types.ts';

/** The store of confirmations, and the secret behind them. */
export interface ConfirmationParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Without it no confirmation can be offered. */
  pepper(): Promise<string | undefined>;
  /**
   * How long a confirmation lives that is for an operation, or that someone other than its caller must give, in minutes. Default: an
   * hour for an operation, five minutes for a cancel.
   */
  confirmationMinutes?(): Promise<number>;
}

/** How long the confirmation of a cancel lives. A caller that may confirm for itself does so in its next call. In milliseconds. */
export async function lifeOfCancel({ rights }: Requester, parts: ConfirmationParts): Promise<number> {
  const minutes = rights.selfConfirm ? undefined : await parts.confirmationMinutes?.();
  return minutes === undefined ? ownLifeMs : minutes * 60_000;
}

/** How long the confirmation of an operation lives, in milliseconds. */
export async function lifeOfOperation({ confirmationMinutes }: ConfirmationParts): Promise<number> {
  return ((await confirmationMinutes?.()) ?? defaultConfirmationMinutes) * 60_000;
}
