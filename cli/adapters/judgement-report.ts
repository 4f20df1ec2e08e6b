import type { LawVerdict } from '../../shared/laws/try-adapter.ts';
import { plainText } from '../../shared/lib/text.ts';
import { paint, type Terminal } from '../output/terminal.ts';
import { wrapAfter } from '../output/wrap.ts';

/** So many violations of one law are shown: the first say what is wrong, and `--json` has all. */
const mostShown = 3;

/** Which laws an adapter keeps, and of each that it does not: where, what the law is for, and what to do. */
export function judgementReport(
  provider: string,
  judgements: readonly LawVerdict[],
  terminal: Terminal,
): string {
  const broken = judgements.filter(({ violations }) => violations.length > 0);
  const holding = judgements.length - broken.length;
  const summary =
    broken.length === 0
      ? `The adapter ${provider} keeps all ${holding} laws. Name its file under adapters in the configuration file, and give it a connection.`
      : `The adapter ${provider} keeps ${holding} of ${judgements.length} laws.`;
  return [...broken.map((each) => brokenLaw(each, terminal)), wrapAfter('', summary, terminal.width)].join(
    '\n\n',
  );
}

function brokenLaw({ law, hint, violations }: LawVerdict, terminal: Terminal): string {
  const more = violations.length - mostShown;
  return [
    wrapAfter('Does not hold: ', `it ${law}.`, terminal.width).replace(
      'Does not hold:',
      paint('Does not hold:', 'red', terminal),
    ),
    ...violations.slice(0, mostShown).map((each) => wrapAfter('  - ', breakable(each), terminal.width)),
    ...(more > 0 ? [`  - and ${more} more, which --json shows`] : []),
    wrapAfter('  What to do: ', hint, terminal.width),
  ].join('\n');
}

/** A violation in which JSON can be broken between its parts. */
function breakable(violation: string): string {
  return plainText(violation).replaceAll(/,(?=["{[])/g, ', ');
}
