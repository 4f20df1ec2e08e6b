import { describe, expect, it } from 'vitest';
import { ProgressLine } from '../../cli/output/progress-line.ts';
import { lineWidthOf, paint, terminalOf } from '../../cli/output/terminal.ts';
import { readTerminal } from '../../shared/config/terminal.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

describe('the terminal that a command prints to', () => {
  const tty = { isTTY: true, columns: 132 };
  it.each([
    ['its own width', tty, {}, 132],
    ['COLUMNS', tty, { COLUMNS: '90' }, 90],
    ['80 columns if it does not say', { isTTY: true }, {}, 80],
    ['80 columns if it says none', { isTTY: true, columns: 0 }, {}, 80],
    ['its own width beside a COLUMNS that is no number', tty, { COLUMNS: 'many' }, 132],
    ['40 columns at least', tty, { COLUMNS: '3' }, 40],
    ['no width at all if it is a pipe', {}, { COLUMNS: '90' }, Number.POSITIVE_INFINITY],
  ])('has %s', (_what, stream, environment, width) => {
    expect(terminalOf(stream, readTerminal(environment)).width).toBe(width);
  });

  it.each([
    ['is a terminal', tty, {}, true],
    ['is no terminal', {}, {}, false],
    ['is dumb', tty, { TERM: 'dumb' }, false],
    ['wants none (NO_COLOR)', tty, { NO_COLOR: '1' }, false],
    ['has an empty NO_COLOR, which says nothing', tty, { NO_COLOR: '' }, true],
    ['is told to by FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['is told to by FORCE_COLOR, whatever else', tty, { FORCE_COLOR: '', NO_COLOR: '1', TERM: 'dumb' }, true],
    ['is told not to by FORCE_COLOR', tty, { FORCE_COLOR: '0' }, false],
  ])('has colours or not if it %s', (_what, stream, environment, hasColour) => {
    const terminal = terminalOf(stream, readTerminal(environment));
    expect(terminal.hasColour).toBe(hasColour);
    expect(paint('running', 'green', terminal)).toBe(hasColour ? '\u001b[32mrunning\u001b[39m' : 'running');
  });
});

describe('the marks of states and outcomes', () => {
  it.each([
    [{}, true],
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C', LC_CTYPE: 'UTF-8' }, true],
    [{ LANG: 'C', LC_ALL: 'en_US.utf8', LC_CTYPE: 'POSIX' }, true],
    [{ LANG: '', LC_ALL: '' }, true],
    [{ TERM: 'dumb' }, true],
    [{ LANG: 'C' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LANG: 'C.UTF-8', LC_ALL: 'POSIX' }, false],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, false],
  ])('are there if %j lets the terminal show them: %s', (environment, hasMarks) => {
    expect(terminalOf({ isTTY: true }, readTerminal(environment)).hasMarks).toBe(hasMarks);
  });
});

describe('a progress line', () => {
  it.each([
    ['as wide as its terminal', { isTTY: true, columns: 132 }, {}, 132],
    ['not there in a pipe', { columns: 132 }, {}, undefined],
    ['not there if lines cannot be erased', { isTTY: true, columns: 132 }, { TERM: 'dumb' }, undefined],
  ])('is %s', (_what, stream, environment, width) => {
    expect(lineWidthOf(stream, readTerminal(environment))).toBe(width);
  });

  const erase = '\r\u001b[2K';
  const started = (text: string, width = 80) => {
    const clock = new ManualClock();
    const written: string[] = [];
    const line = new ProgressLine(text, { clock, width, write: (part) => written.push(part) });
    return { clock, written, line };
  };

  it('is not there within the first second', async () => {
    const { clock, written, line } = started('Reading');
    await clock.turn(999);
    line.stop();
    await clock.turn(5_000);
    expect(written).toEqual([]);
  });

  it('says what is going on and for how long, and is erased at the end', async () => {
    const { clock, written, line } = started('Reading');
    await clock.turn(1_000);
    expect(written).toEqual([`${erase}⠋ Reading (1 s)`]);
    line.say('Sent 3 of 9 cancels');
    await clock.turn(1_500);
    expect(written.at(-1)).toMatch(/Sent 3 of 9 cancels \(2 s\)$/);
    line.stop();
    expect(written.at(-1)).toBe(erase);
    const { length } = written;
    await clock.turn(10_000);
    expect(written).toHaveLength(length);
  });

  it('is gone while a person is asked, and comes back', async () => {
    const { clock, written, line } = started('Cancelling');
    await clock.turn(1_200);
    line.say(undefined);
    expect(written.at(-1)).toBe(erase);
    const { length } = written;
    await clock.turn(3_000);
    expect(written).toHaveLength(length);
    line.say('Sent 1 of 2 cancels');
    await clock.turn(100);
    expect(written.at(-1)).toContain('Sent 1 of 2 cancels');
    line.stop();
  });

  it('never takes a second line of the terminal', async () => {
    const { clock, written, line } = started('Reading '.repeat(30), 40);
    await clock.turn(1_000);
    expect(written[0]?.slice(erase.length)).toHaveLength(39);
    line.stop();
  });
});
