/**
 * Why an export of the audit cannot go on: another one adds to the file, a line is no entry, something else has the name of the lock, or
 * the code of the system.
 */
type ExportFault =
  | 'under_way'
  | { readonly line: number }
  | { readonly lock: string }
  | { readonly code: string };

/** What the system and SQLite, which locks the file, say of a full disk. */
const fullDisk: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** Says that the audit was not exported, why, and what to do. */
export function exportFaultWords(file: string, fault: ExportFault) {
  const what = 'The audit was not exported.';
  if (fault === 'under_way') {
    const nextStep = 'Wait until it has ended, or name another file.';
    return { what, why: [`Another process is exporting the audit to ${file}.`], nextStep };
  }
  if ('lock' in fault) {
    const why = `${fault.lock} is not a file of calloff, which keeps a second export away by a file with that name.`;
    return { what, why: [why], nextStep: 'Give it another name, or export to another file.' };
  }
  if ('code' in fault && fullDisk.has(fault.code)) {
    const nextStep = 'Free some space on it, then run the same command again to go on.';
    return {
      what: 'The audit was not exported, or not all of it.',
      why: [`The disk of ${file} is full.`],
      nextStep,
    };
  }
  const nextStep = 'Name a new file, or one that "calloff audit --export" has made.';
  const why =
    'line' in fault
      ? `Line ${fault.line} of ${file} is not an entry of the audit, so calloff adds nothing to it.`
      : `${file} cannot be used: the system says ${fault.code}.`;
  return { what, why: [why], nextStep };
}
