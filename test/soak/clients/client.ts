import { createRequire } from 'node:module';
import type { ProviderName } from '../../../sandbox/sandbox.ts';

/** They live in a package of their own: `npm run clients` installs them. */
export const clientsPackage = new URL('../../clients/package.json', import.meta.url);
/** Loads a client. Its package is not there when the types are checked, so each file says what it uses of it. */
export const load = createRequire(clientsPackage);

/** A twin, as a client is told of it. */
export interface Account {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** What is asked of every client. */
export interface Client {
  /** The ids of all jobs. */
  list(): Promise<readonly string[]>;
  /** The status of a job, in the words of the client. */
  look(id: string): Promise<string | undefined>;
  cancel(id: string): Promise<unknown>;
}

/** An error as a client throws it: of which class, and with what in it. */
export interface Thrown {
  readonly type: () => ErrorClass;
  readonly fields: object;
}
type ErrorClass = abstract new (...parameters: never) => Error;

/** The official client of one provider, and how it tells of jobs and errors. */
export interface ClientCase {
  readonly provider: ProviderName;
  readonly connect: (account: Account) => Client;
  /** What a look says of a job that was cancelled. */
  readonly end: string;
  /** The key, if the client takes none but of this form. */
  readonly key?: string;
  /** How many jobs it lists, if it never asks for a second page. */
  readonly listsAtMost?: number;
  /** Without it, the provider leaves unknown jobs out of its answer. */
  readonly unknownJob?: Thrown;
  readonly wrongKey: Thrown;
  /** Without it, the client asks again until its patience ends. */
  readonly tooManyRequests?: Thrown;
}

/** Names errors by the classes of one package. */
export function errorsOf(module: string): (type: string, fields: object) => Thrown {
  return (type, fields) => ({
    type: () => {
      const classes: Readonly<Record<string, ErrorClass>> = load(module);
      const { [type]: found } = classes;
      if (found === undefined) throw new Error(`${module} exports no ${type}`);
      return found;
    },
    fields,
  });
}

/** Reads a list to its end. */
export async function allOf<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
