import type { Environment } from './environment-reader.ts';

/** What the environment says about the terminal that a command prints to. */
export interface TerminalSettings {
  /** How many columns wide it is, from `COLUMNS`. */
  readonly columns?: number | undefined;
  /** Whether to use colours; without it, a terminal gets them. */
  readonly colour?: boolean | undefined;
  /** It can neither move its cursor nor erase a line. */
  readonly isDumb: boolean;
  /** Whether it can show characters such as `◐`. */
  readonly hasUnicode: boolean;
}

/** The narrowest that a table is laid out for: below it, the terminal wraps. */
const fewestColumns = 40;

/**
 * Reads `COLUMNS`, `FORCE_COLOR`, `NO_COLOR`, `TERM` and the locale. A value that makes no sense counts as not set: these
 * variables are not calloff's own. `FORCE_COLOR` wins over the others, as it does in Node.
 * @see https://no-color.org
 * @see https://nodejs.org/api/tty.html#writestreamgetcolordepthenv
 */
export function readTerminal(environment: Environment = process.env): TerminalSettings {
  const { COLUMNS = '', TERM } = environment;
  const isDumb = TERM === 'dumb';
  return {
    columns: /^[1-9]\d{0,4}$/.test(COLUMNS) ? Math.max(fewestColumns, Number(COLUMNS)) : undefined,
    colour: readColour(environment, isDumb),
    isDumb,
    hasUnicode: readUnicode(environment),
  };
}

function readColour({ FORCE_COLOR, NO_COLOR }: Environment, isDumb: boolean): boolean | undefined {
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return (NO_COLOR ?? '') !== '' || isDumb ? false : undefined;
}

/**
 * A locale that is not set says nothing, as in most containers. The fonts of the console of Linux have too few characters.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02
 */
function readUnicode({ LC_ALL, LC_CTYPE, LANG, TERM }: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || 'UTF-8';
  return TERM !== 'linux' && /utf-?8/i.test(locale);
}
