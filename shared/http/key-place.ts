/** Where a connection's key belongs, and what is wrong with what was found there, where anything is. */
export interface KeyPlace {
  readonly kind: 'variable' | 'field' | 'secret';
  readonly name: string;
  /** The end of a sentence that begins with the place. It does not show what was found. */
  readonly fault?: string | undefined;
}

/** The environment variable that holds the key of a connection which no configuration file names. */
export function keyVariable(connection: string): KeyPlace {
  return { kind: 'variable', name: `${connection.toUpperCase().replaceAll('-', '_')}_API_KEY` };
}
