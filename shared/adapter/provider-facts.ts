import type * as z from 'zod';

/** Something that an operator may set for a connection of this provider, beyond its key and its base URL. */
export interface AdapterOption {
  /** Its key in the configuration file. Two providers may use the same one. */
  readonly name: string;
  /** The variable that sets it for the connection of the environment. */
  readonly variable: string;
  /** What it decides, without the name of the provider. */
  readonly meaning: string;
  /** Its values, or a pattern of the whole value. A value that goes into a path or a host must not be able to leave it. */
  readonly values: readonly [string, ...string[]] | RegExp;
  /** What is wrong with any other value: the end of a sentence that begins with its name. */
  readonly fault: string;
  /** What happens if it is not set. Left out if a connection cannot do without it, such as the region of an account. */
  readonly default?: string;
}

/** The variable by which the provider's own clients know the deployment that a key belongs to. */
export interface AdapterDeployment {
  readonly variable: string;
  readonly meaning: string;
  /** The path of the base URL if the value has none, such as `/v1`. */
  readonly defaultPath?: string;
}

/** The base URL of some places, which is not that of the others. */
export interface PlacedBaseUrl {
  /** The option that says the place, and the values for which this base URL holds. */
  readonly option: string;
  readonly values: RegExp;
  /** As `defaultBaseUrl`. A named group of the pattern stands for its text, too. */
  readonly baseUrl: string;
}

/** The variable with the base URL of the connection that the environment sets for a provider. */
export function baseUrlVariable(id: string): string {
  return `${id.toUpperCase().replaceAll('-', '_')}_BASE_URL`;
}

/** What the configuration needs to know of a provider before a connection is opened. All of it is data. */
export interface ProviderFacts {
  /** Small letters, digits and `-`. */
  readonly id: string;
  readonly displayName: string;
  /**
   * The base URL that the provider documents, in which `{region}` stands for the option of that name. Left out if every
   * customer has a host of their own.
   */
  readonly defaultBaseUrl?: string;
  /** The first that fits the options of a connection holds instead of `defaultBaseUrl`. */
  readonly placedBaseUrls?: readonly PlacedBaseUrl[];
  /** What the key is called, and the variable that holds it for the connection of the environment. */
  readonly key: {
    readonly title: string;
    readonly variable: string;
    /** What stands for the key if none is set. */
    readonly default?: string;
    /** Set if a key may itself be a JSON object, because it has several parts. */
    readonly isJson?: true;
  };
  /** Left out if every account is reached at one base URL. */
  readonly deployment?: AdapterDeployment;
  readonly options?: readonly AdapterOption[];
  /**
   * Set if other programs use the same variables, so that they may be set for another purpose: the environment then serves
   * this provider only if `CALLOFF_CONNECTIONS` names it.
   */
  readonly onlyIfNamed?: true;
  /** Accepts a job id and gives its canonical form: one of those in `job-ids.ts`. */
  readonly jobId: z.ZodType<string>;
}
