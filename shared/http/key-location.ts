/** The place of a connection's key, and what is wrong with the value there, if anything is. */
export interface KeyPlace {
  readonly kind: 'variable' | 'field' | 'secret';
  readonly name: string;
  /** The end of a sentence that begins with the place. It does not show the value. */
  readonly fault?: string | undefined;
}
