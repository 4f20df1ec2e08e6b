import { barsPicture, type Scheme, type Series } from '../bars.ts';
import type { ManyResult } from './many.ts';
import { delays, type OneResult } from './one.ts';
import { contestantNames } from './tables.ts';

const own: Series['colour'] = { light: '#0969da', dark: '#388bfd' };
const others: Series['colour'] = { light: '#b6bfc8', dark: '#57606a' };
const good: Series['colour'] = { light: '#1a7f37', dark: '#2ea043' };
const bad: Series['colour'] = { light: '#e8873a', dark: '#f0a35e' };

/** The time of one verified cancel without the start of a process, as bars beside that of fetch. */
export function onePicture(one: readonly OneResult[], scheme: Scheme): string {
  const warm = one.filter(({ isProcess }) => !isProcess);
  const longest = Math.max(...warm.map(({ ms }) => ms[50]));
  const bars = delays.flatMap((delay) => {
    const first = warm[0]?.ms[delay] ?? 1;
    const most = Math.max(...warm.map(({ ms }) => ms[delay]), longest / 3);
    return [
      { name: `The provider takes ${delay} ms for an answer`, parts: [], label: '' },
      ...warm.map(({ surface, ms }) => {
        const size = (0.72 * ms[delay]) / most;
        const label = `${(ms[delay] / first).toFixed(2)} × · ${ms[delay].toFixed(1)} ms`;
        return { name: surface, parts: surface.startsWith('calloff') ? [size] : [0, size], label };
      }),
    ];
  });
  const series = [
    { name: 'calloff', colour: own },
    { name: 'the same three requests by fetch', colour: others },
  ];
  return barsPicture({ title: 'The time of one verified cancel beside that of fetch', series, bars }, scheme);
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
  return barsPicture({ title: 'What becomes of jobs at a provider with a limit', series, bars }, scheme);
}
