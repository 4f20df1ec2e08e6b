/** Where a connection's key belongs, and what is wrong with what was found there, where anything is. */
export interface KeyPlace {
  readonly kind: 'variable' | 'field' | 'secret';
  readonly name: string;
  /** The end of a sentence that begins with the place. It does not show what was found. */
  readonly fault?: string | undefined;
}
