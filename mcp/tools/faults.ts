import type { Fault } from '../../shared/contract/result.ts';
import type { ToolResult } from './tool.ts';

/** So many faults a model is told one by one. */
const mostShown = 25;

/** What a model is told when a call was not carried out because of its faults. */
export function faultsResult(faults: readonly Fault[]): ToolResult {
  const isOurs = faults.every(({ kind }) => kind !== 'invalid' && kind !== 'unknown_provider');
  const lines = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const shown = new Set([...new Set(lines)].slice(0, mostShown));
  const rest = lines.filter((line) => !shown.has(line)).length;
  if (rest > 0) shown.add(`… and ${rest} more faults.`);
  return {
    structured: {},
    text: [
      isOurs ? 'The call was refused; nothing was done.' : 'The call has faults; nothing was done.',
      ...shown,
    ].join('\n'),
    failed: true,
  };
}
