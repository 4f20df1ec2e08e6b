/** A variable that is set, and the providers that it would hold the key of. */
interface KeyOf {
  readonly variable: string;
  readonly providers: readonly string[];
}

/** Says which keys calloff leaves alone, and how to have them used. `inFile`: a configuration file names the connections. */
export function unusedKeysFinding(keys: readonly KeyOf[], inFile: boolean): string {
  const named = keys.map(({ variable, providers }) => `${variable} (${providers.join(', ')})`).join(', ');
  const what = `Keys that no connection is for: ${named}. calloff leaves them alone.`;
  return inFile
    ? `${what} To use one, add a connection at its provider to the configuration file.`
    : `${what} To use one, name its provider in CALLOFF_CONNECTIONS, together with all others that you use.`;
}

/** Says that the list of the connections in the environment does not count, and why. */
export const unusedListFinding =
  'calloff does not read it, because the configuration file names the connections. Unset it, or add the connections to the file.';
