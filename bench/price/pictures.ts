import { barsPicture, type Scheme, type Series } from '../bars.ts';
import type { ManyResult } from './many.ts';
import { delays, type OneResult } from './one.ts';
import { contestantNames } from './tables.ts';

const own: Series['colour'] = { light: '#0969da', dark: '#388bfd' };
const others: Series['colour'] = { light: '#b6bfc8', dark: '#57606a' };
const good: Series['colour'] = { light: '#1a7f37', dark: '#2ea043' };
const bad: Series['colour'] = { light: '#e8873a', dark: '#f0a35e' };

/** The part of the width for the longest bar, so that its label has room. */
const barsPart = 0.7;

/** What a reader is told who does not see the pictures. */
export const onePictureTitle = 'The time of one verified cancel beside that of fetch';
export const limitsPictureTitle = 'What becomes of jobs at a provider with a limit';

/** The time of one verified cancel without the start of a process, as bars beside that of fetch. */
export function onePicture(one: readonly OneResult[], scheme: Scheme): string {
  const warm = one.filter(({ isProcess }) => !isProcess);
  const ratioOf = ({ ms }: OneResult, delay: (typeof delays)[number]) =>
    ms[delay] / (warm[0]?.ms[delay] ?? 1);
  const most = Math.max(...warm.flatMap((each) => delays.map((delay) => ratioOf(each, delay))));
  const bars = delays.flatMap((delay) => [
    { name: `The provider takes ${delay} ms for an answer`, parts: [], label: '' },
    ...warm.map((each) => {
      const ratio = ratioOf(each, delay);
      const size = (barsPart * ratio) / most;
      return {
        name: each.surface,
        parts: each.surface.startsWith('calloff') ? [size] : [0, size],
        label: `${ratio.toFixed(2)} × · ${each.ms[delay].toFixed(1)} ms`,
      };
    }),
  ]);
  const series = [
    { name: 'calloff', colour: own },
    { name: 'the same three requests by fetch', colour: others },
  ];
  return barsPicture({ title: onePictureTitle, series, bars }, scheme);
}

/** What becomes of jobs at a provider with a limit: the settings that have one, as bars of 100 %. */
export function limitsPicture(many: readonly ManyResult[], scheme: Scheme): string {
  const limited = many.filter(({ setting }) => setting.limits !== undefined);
  const names = [...new Set(limited.map(({ setting }) => setting.name))];
  const bars = names.flatMap((name) => [
    { name: name.replace(/^./, (first) => first.toUpperCase()), parts: [], label: '' },
    ...limited
      .filter(({ setting }) => setting.name === name)
      .map(({ contestant, setting, judged: { cancelled, open, lost } }) => {
        const all = setting.jobs * setting.rounds;
        const parts = [cancelled / all, (open + lost) / all, (all - cancelled - open - lost) / all];
        const label = `${((100 * cancelled) / all).toFixed(0)} %`;
        return { name: contestantNames[contestant].replaceAll('`', ''), parts, label };
      }),
  ]);
  const series = [
    { name: 'known to be cancelled', colour: good },
    { name: 'left open', colour: others },
    { name: 'not cancelled', colour: bad },
  ];
  return barsPicture({ title: limitsPictureTitle, series, bars }, scheme);
}
