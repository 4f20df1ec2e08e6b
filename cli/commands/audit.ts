import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { shortAge } from '../../shared/messages/age.ts';
import { isInterrupted } from '../call.ts';
import { openCall } from '../open-call.ts';
import { printNotDone, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { shownOutcome } from '../output/styles.ts';
import { type Cell, type Column, table } from '../output/table.ts';
import { type Terminal, terminalOf, unlimited } from '../output/terminal.ts';

interface Options {
  readonly caller?: string;
  readonly connection?: string;
  readonly job?: string;
  readonly operation?: string;
  readonly reads: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly export?: string;
  readonly wide?: true;
  readonly json?: true;
}

/** The most that one page may hold. */
const largestPage = 1_000;

/** `calloff audit` */
export function addAudit(program: Command): void {
  const command = program
    .command('audit')
    .description('read who asked for what and how it ended, the newest first')
    .option('--caller <id>', 'read what this caller did')
    .option('--connection <name>', 'read what was done at this connection')
    .option('--job <id>', 'read what was done to this job')
    .option('--operation <id>', 'read what was done for this operation')
    .option('--no-reads', 'leave out what only read and was allowed')
    .option('--since <time>', 'read from this time on, such as 2026-11-22T00:00:00Z; default 30 days ago')
    .option('--until <time>', 'read up to this time')
    .option('--limit <count>', 'read at most this many entries', readCount, 100)
    .addOption(
      new Option(
        '--export <file>',
        'append every entry that the file does not have yet, the oldest first',
      ).conflicts([
        ...['caller', 'connection', 'job', 'operation', 'reads', 'since', 'until', 'limit', 'wide'],
      ]),
    )
    .option('--wide', 'print whole reasons and exact times')
    .option('--json', 'print a line of JSON for each entry, on a terminal too')
    .action(audit);
  addExamples(command, [
    ['calloff audit', 'read the last 100 entries'],
    ['calloff audit --job job-1 --wide', 'read what was done to one job, and exactly when'],
    ['calloff audit --export audit.jsonl', 'keep the whole audit in a file, and add to it later'],
  ]);
}

/** A page may be short and not the last: goes on until there are as many as were asked for. */
async function audit({ json, wide, limit, reads, export: file, ...filters }: Options): Promise<void> {
  const call = await openCall();
  if (file !== undefined) {
    const { exportAudit } = await import('../audit-export/export-audit.ts');
    return exportAudit(call, file, { ...(json && { json }) });
  }
  const { gateway, context } = call;
  const asLines = json || !process.stdout.isTTY;
  const rows: AuditEntry[] = [];
  let unreadable = 0;
  let left = limit;
  let cursor: string | undefined;
  let isWhole = false;
  do {
    const place = { limit: Math.min(left, largestPage), ...(cursor && { cursor }) };
    const request = { ...filters, ...(!reads && { reads }), ...place };
    const read = await gateway.readAudit(request, context);
    if (!read.ok && isInterrupted(call)) break;
    const page = valueOrPrint(read, { command: 'audit' });
    if (page === undefined) break;
    if (asLines) process.stdout.write(page.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    else rows.push(...page.entries);
    left -= page.entries.length;
    unreadable += page.unreadable;
    cursor = page.next_cursor ?? undefined;
    isWhole = cursor === undefined || left <= 0;
  } while (!isWhole && !isInterrupted(call));
  if (!asLines && process.exitCode === undefined) process.stdout.write(`${tableOf(rows, wide === true)}\n`);
  if (!asLines && isWhole && cursor !== undefined)
    process.stderr.write('There may be more entries: see --limit and --until.\n');
  if (!isWhole && isInterrupted(call)) {
    printNotDone({ what: 'Interrupted. There may be more entries.' });
  }
  if (unreadable > 0)
    process.stderr.write(
      `This version of calloff cannot read ${recordsOf(unreadable)}, and left ${unreadable === 1 ? 'it' : 'them'} out.\n`,
    );
}

function recordsOf(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function tableOf(entries: readonly AuditEntry[], wide: boolean): string {
  const terminal = terminalOf(process.stdout);
  const now = systemClock.wallTime();
  const rows = entries.map((entry) => [
    wide ? entry.at : (shortAge(entry.at, now) ?? entry.at),
    entry.caller,
    entry.surface,
    actionOf(entry),
    resultOf(entry, terminal),
    entry.connection ?? '',
    entry.job_id ?? '',
    [entry.confirmation, entry.confirmed_by && `by ${entry.confirmed_by}`].filter(Boolean).join(' '),
    entry.reason ?? '',
  ]);
  return table(columnsOf(wide), rows, wide ? unlimited(terminal) : terminal);
}

function columnsOf(wide: boolean): Column[] {
  return [
    { title: wide ? 'TIME' : 'AGE', kind: 'plain' },
    { title: 'CALLER', kind: 'text' },
    { title: 'SURFACE', kind: 'plain' },
    { title: 'ACTION', kind: 'plain' },
    { title: 'RESULT', kind: 'plain' },
    { title: 'CONNECTION', kind: 'id' },
    { title: 'JOB', kind: 'id' },
    { title: 'CONFIRMATION', kind: 'text' },
    { title: 'REASON', kind: 'text' },
  ];
}

function actionOf({ action, step, dry_run }: AuditEntry): string {
  return dry_run ? `${action} (dry run)` : (step ?? action);
}

function resultOf({ code, outcome, job_id, decision, webhook }: AuditEntry, terminal: Terminal): Cell {
  if (webhook !== undefined) return webhook.result;
  if (outcome !== undefined) return shownOutcome(outcome, terminal, code ?? outcome);
  return code ?? (job_id === undefined ? decision : 'under way');
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}
