import type { Fault } from '../../shared/contract/result.ts';
import type { ToolResult } from './tool.ts';

/** The most faults that a model sees one by one. */
const mostShown = 25;

const refused = 'calloff refused the call. Nothing was done.';
const faulty = 'The call has faults. Nothing was done.';
const lost = 'The answer of the server is lost: it is not known what was done.';

/** The faults of a call that was not carried out, as a model sees them. */
export function faultsResult(faults: readonly Fault[]): ToolResult {
  const isOurs = faults.every(({ kind }) => kind !== 'invalid' && kind !== 'unknown_provider');
  const lines = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const shown = new Set([...new Set(lines)].slice(0, mostShown));
  const rest = lines.filter((line) => !shown.has(line)).length;
  if (rest > 0) shown.add(`… and ${rest} more faults.`);
  const isLost = faults.some(({ kind }) => kind === 'lost');
  return {
    structured: {},
    text: [isLost ? lost : isOurs ? refused : faulty, ...shown].join('\n'),
    failed: true,
  };
}
