import { invalid, ok, type Result } from '../contract/result.ts';
import { foreignFault, leftOpen } from './placeholder.ts';
import { readSecret, type Written } from './secrets/secret-file.ts';
import type { ParseValue } from './values.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as the documentation shows it. */
export interface DocumentedVariable {
  readonly name: string;
  readonly meaning: string;
  /** The value if it is not set, as text. */
  readonly default?: string;
  /** What applies if it is not set and there is no single default value. */
  readonly defaultInWords?: string;
}

/** A setting that is read from an environment variable. */
export interface Variable<Value> {
  readonly name: string;
  /** The value if it is not set, as text. */
  readonly default?: string;
  readonly parse: ParseValue<Value>;
  /** Whether an empty text is a value, and so a fault. Otherwise it counts as not set. */
  readonly emptyIsSet?: true;
  /** Whether it holds a secret: its form with `_FILE` may then name the file that holds the secret. */
  readonly isSecret?: true;
}

/**
 * Reads variables and collects their faults. An empty variable counts as not set, and so does one that holds the
 * placeholder of an option that a host of MCP bundles left open.
 */
export class EnvironmentReader {
  readonly environment: Environment;
  /** Sentences. None holds a value that may be secret. */
  readonly faults: string[] = [];

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** The value of a variable, or its default. After a fault it is `undefined`: the settings are then of no use. */
  read<Value>(variable: Variable<Value> & { readonly default: string }): Value;
  read<Value>(variable: Variable<Value>): Value | undefined;
  read<Value>(variable: Variable<Value>): Value | undefined {
    const written = this.written(variable);
    if (!written.ok) {
      this.faults.push(...written.faults.map(({ message }) => message));
      return undefined;
    }
    const { text = variable.default, variable: name, lead } = written.value;
    if (text === undefined) return undefined;
    const foreign = foreignFault(text);
    const value = foreign === undefined ? variable.parse(text) : invalid('', foreign);
    if (value.ok) return value.value;
    this.faults.push(...value.faults.map(({ message }) => `${name} ${lead}${message}`));
    return undefined;
  }

  /** The value of a variable without which a connection that `CALLOFF_CONNECTIONS` names cannot be served. */
  need<Value>(variable: Variable<Value> & { readonly meaning: string }, provider: string): Value | undefined {
    const { name } = variable;
    const meaning = variable.meaning.replaceAll('`', '');
    if (this.#textOf(variable) === undefined)
      this.faults.push(
        `${name} is not set: it is ${meaning}. Set it, or take ${provider} out of CALLOFF_CONNECTIONS`,
      );
    return this.read(variable);
  }

  /** The text of a variable, or of the file that holds its secret. A fault is a whole sentence. */
  written(variable: Pick<Variable<unknown>, 'name' | 'emptyIsSet' | 'isSecret'>): Result<Written> {
    const { name, isSecret } = variable;
    const text = this.#textOf(variable);
    return isSecret ? readSecret(name, text, this.environment) : ok({ text, variable: name, lead: '' });
  }

  #textOf({ name, emptyIsSet }: Pick<Variable<unknown>, 'name' | 'emptyIsSet'>): string | undefined {
    const text = this.environment[name]?.trim();
    const isLeftOut = text === '' || (text !== undefined && leftOpen.test(text));
    return isLeftOut && !emptyIsSet ? undefined : text;
  }
}
