import { styleText } from 'node:util';
import { readTerminal, type TerminalSettings } from '../../shared/config/terminal.ts';

/** What text is laid out for. `width`: in columns; infinite if nothing is to be cut or broken. */
export interface Terminal {
  readonly width: number;
  readonly hasColour: boolean;
  /** Whether marks such as `◐` stand before the words of states and outcomes. Default: true. */
  readonly hasMarks?: boolean;
}

/** A colour or weight of text, by Node's name for it. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan';

/** A text in a style. */
export interface Styled {
  readonly text: string;
  readonly style: Style | undefined;
}

/** What there is to know of a stream. */
interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The width of a terminal that does not say how wide it is. */
const usualWidth = 80;

/**
 * The terminal behind a stream: as wide as `COLUMNS` or itself says, and with colours and marks unless the environment says
 * otherwise.
 * A program that reads a pipe gets everything: there nothing is cut.
 */
export function terminalOf(stream: Stream, settings: TerminalSettings = readTerminal()): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    width: isTerminal ? (settings.columns ?? (stream.columns || usualWidth)) : Number.POSITIVE_INFINITY,
    hasColour: settings.colour ?? isTerminal,
    hasMarks: settings.hasUnicode,
  };
}

/** The width of a line that can be erased and drawn again, in columns; `undefined` if the stream has none. */
export function lineWidthOf(stream: Stream, settings: TerminalSettings = readTerminal()): number | undefined {
  return stream.isTTY && !settings.isDumb ? terminalOf(stream, settings).width : undefined;
}

/** The same terminal for output that is not cut to its width. */
export function unlimited(terminal: Terminal): Terminal {
  return { ...terminal, width: Number.POSITIVE_INFINITY };
}

/** The text in a style, if the terminal has colours. */
export function paint(text: string, style: Style | undefined, { hasColour }: Terminal): string {
  return style === undefined || !hasColour || text === ''
    ? text
    : styleText(style, text, { validateStream: false });
}
