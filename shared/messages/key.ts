import { keyVariable } from '../adapter/key-variable.ts';
import type { CredentialSource } from '../http/auth/credential-source.ts';
import type { KeyPlace } from '../http/key-location.ts';
import { capitalized } from '../lib/text.ts';
import { operatorStep } from './cause.ts';

/** What sentences about a missing or rejected key need to know about a connection. */
export interface Keyed {
  readonly name: string;
  readonly credentials?: Pick<CredentialSource, 'keyPlace'>;
}

/** The place of the key: a variable, unless the credentials name another. */
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

/** Says that there is no usable key, as a clause, and what is wrong with the value in its place. */
export function noKeyClause(connection: Keyed): string {
  const place = placeOf(connection);
  const what = `there is no usable API key for ${connection.name}`;
  return place.fault === undefined ? what : `${what}: ${inWords(place)} ${place.fault}`;
}

/** What a caller can do if there is no key. */
export function setKeyStep(connection: Keyed): string {
  return operatorStep(setKey(connection));
}

/** What a caller can do if the provider does not accept the key. */
export function checkKeyStep(connection: Keyed): string {
  return operatorStep(checkKey(connection));
}

function setKey(connection: Keyed): string {
  const place = placeOf(connection);
  if (place.kind === 'secret' && place.fault !== undefined)
    return `Correct ${inWords(place)}, then try again in a few minutes.`;
  return place.fault === undefined
    ? `Set ${placesInWords(place, connection)}. Restart calloff if it is running, then try again.`
    : `Correct ${inWords(place)}, restart calloff, then try again.`;
}

function checkKey(connection: Keyed): string {
  return `Check ${placesInWords(placeOf(connection), connection)}.`;
}

/** The same on every surface of an installation, whether or not the surface knows where its keys are. */
function placesInWords(place: KeyPlace, { name }: Keyed): string {
  if (place.kind === 'field') return inWords(place);
  return `${keyVariable(name).name}, or on AWS the secret of the connection`;
}

/** Says that calloff cannot check a connection without a key, and whether the value of the key is wrong. */
export function keyFinding(connection: Keyed): { readonly isFaulty: boolean; readonly finding: string } {
  const { fault } = placeOf(connection);
  const clause = noKeyClause(connection);
  const finding = `${capitalized(clause)}. ${setKey(connection)}`;
  return { isFaulty: fault !== undefined, finding };
}

/** Says that the provider did not accept the key, with the status of its answer, and what to do where calloff runs. */
export function rejectedKeyFinding(connection: Keyed, status: number): string {
  return `The provider did not accept the key (HTTP ${status}). ${checkKey(connection)}`;
}
