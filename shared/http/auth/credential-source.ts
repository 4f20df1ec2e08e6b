import type { KeyPlace } from '../key-location.ts';
import type { Credential } from '../types.ts';

/** Where a connection's credential comes from. */
export interface CredentialSource {
  /** The credential in force; `undefined` if none is configured, `unreadable` if it cannot be read now. Never rejects. */
  current(): Promise<Credential | 'unreadable' | undefined>;
  /** The place of the key, with the fault that `current` found there last. */
  keyPlace?(): KeyPlace;
  /** Called after the provider rejected a credential: returns a newer one, or `undefined` if there is none. */
  renew(rejected: Credential): Promise<Credential | undefined>;
}
