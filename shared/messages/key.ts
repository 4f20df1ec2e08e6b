import { type KeyPlace, keyVariable } from '../http/key-place.ts';
import type { CredentialSource } from '../http/provider-client.ts';

/** What sentences about a missing or rejected key need to know of a connection. */
export interface Keyed {
  readonly name: string;
  readonly credentials?: Pick<CredentialSource, 'keyPlace'>;
}

/** Where nobody says where the key belongs, it is a variable. */
function placeOf({ name, credentials }: Keyed): KeyPlace {
  return credentials?.keyPlace?.() ?? keyVariable(name);
}

const nouns: Record<KeyPlace['kind'], (name: string) => string> = {
  variable: (name) => name,
  field: (name) => `${name} in the configuration file`,
  secret: (name) => `the secret ${name} in AWS`,
};

function inWords({ kind, name }: KeyPlace): string {
  return nouns[kind](name);
}

/** That there is no usable key, as a clause, with what is wrong with what stands in its place. */
export function noKeyClause(connection: Keyed): string {
  const place = placeOf(connection);
  const what = `there is no usable API key for ${connection.name}`;
  return place.fault === undefined ? what : `${what}: ${inWords(place)} ${place.fault}`;
}

/** What to do where there is none. */
export function setKeyStep(connection: Keyed): string {
  const place = placeOf(connection);
  if (place.kind === 'secret' && place.fault !== undefined)
    return `Correct ${inWords(place)}, and ask again in a few minutes.`;
  return place.fault === undefined
    ? `Set ${whereverItIs(place, connection)}, and ask again.`
    : `Correct ${inWords(place)}, start calloff again, and ask again.`;
}

/** What to do where the provider does not accept it. */
export function checkKeyStep(connection: Keyed): string {
  return `Check ${whereverItIs(placeOf(connection), connection)}.`;
}

/** The same on every surface of an installation, whether or not the surface knows where its keys are. */
function whereverItIs(place: KeyPlace, { name }: Keyed): string {
  if (place.kind === 'field') return inWords(place);
  return `${keyVariable(name).name}, or in AWS the secret of the connection`;
}

/** That nothing can be found out about a connection for want of a key, and whether that is a mistake. */
export function keyFinding(connection: Keyed): { readonly isFaulty: boolean; readonly finding: string } {
  const { fault } = placeOf(connection);
  const clause = noKeyClause(connection);
  const finding = `${clause.charAt(0).toUpperCase()}${clause.slice(1)}. ${setKeyStep(connection)}`;
  return { isFaulty: fault !== undefined, finding };
}
