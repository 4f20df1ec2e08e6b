import { type Command, InvalidArgumentError } from 'commander';
import type { AuditEntry } from '../../shared/access/audit/reader.ts';
import { localCall } from '../local-call.ts';
import { printFaults, table } from '../output.ts';

interface Options {
  readonly caller?: string;
  readonly connection?: string;
  readonly job?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly json?: true;
}

/** The most that one page may hold. */
const largestPage = 1_000;

/** `calloff audit` */
export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('read who asked for what, and what came of it, the newest first')
    .option('--caller <id>', 'what this caller did')
    .option('--connection <name>', 'at this connection')
    .option('--job <id>', 'to the job with this id')
    .option('--since <time>', 'from this time on, such as 2026-11-22T00:00:00Z; default 30 days ago')
    .option('--until <time>', 'up to this time')
    .option('--limit <count>', 'at most so many', readCount, 100)
    .option('--json', 'print a line of JSON for each also on a terminal')
    .action(audit);
}

/** A page may be short and not the last: goes on until there are as many as were asked for. */
async function audit({ json, limit, ...filters }: Options): Promise<void> {
  const { gateway, context } = await localCall();
  const asLines = json || !process.stdout.isTTY;
  const rows: AuditEntry[] = [];
  let unreadable = 0;
  let left = limit;
  let cursor: string | undefined;
  do {
    const request = { ...filters, limit: Math.min(left, largestPage), ...(cursor && { cursor }) };
    const page = printFaults(await gateway.readAudit(request, context));
    if (page === undefined) break;
    if (asLines) process.stdout.write(page.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    else rows.push(...page.entries);
    left -= page.entries.length;
    unreadable += page.unreadable;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && left > 0 && !context.signal?.aborted);
  if (!asLines && process.exitCode === undefined) process.stdout.write(`${tableOf(rows)}\n`);
  if (!asLines && cursor !== undefined) process.stderr.write('There may be more: see --limit and --until.\n');
  if (unreadable > 0)
    process.stderr.write(
      `Left out, because this version of calloff cannot read it: ${recordsOf(unreadable)}.\n`,
    );
}

function recordsOf(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function tableOf(entries: readonly AuditEntry[]): string {
  return table(
    ['TIME', 'CALLER', 'THROUGH', 'DID', 'JOB', 'OUTCOME', 'CONFIRMATION', 'WHY'],
    entries.map((entry) => [
      entry.at,
      entry.caller,
      entry.surface,
      deedOf(entry),
      entry.job_id === undefined ? '' : `${entry.connection} ${entry.job_id}`,
      resultOf(entry),
      [entry.confirmation, entry.confirmed_by && `by ${entry.confirmed_by}`].filter(Boolean).join(' '),
      entry.reason ?? '',
    ]),
  );
}

function deedOf({ action, step, dry_run }: AuditEntry): string {
  return dry_run ? `${action} (dry run)` : (step ?? action);
}

function resultOf({ code, outcome, job_id, decision }: AuditEntry): string {
  return code ?? outcome ?? (job_id === undefined ? decision : 'under way');
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number, 1 or more.');
}
