import type { Command } from 'commander';
import type { AuditEntry } from '../shared/access/audit-reader.ts';
import { localCall } from './local-call.ts';
import { orFaults, table } from './output.ts';

interface Options {
  readonly caller?: string;
  readonly connection?: string;
  readonly job?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly json?: true;
}

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
    .option('--limit <count>', 'at most so many; default 100')
    .option('--json', 'print a line of JSON for each also on a terminal')
    .action(audit);
}

/** A page may be short and not the last: goes on until there are as many as were asked for. */
async function audit({ json, limit = '100', ...filters }: Options): Promise<void> {
  const { gateway, context } = localCall();
  const entries: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const left = Number(limit) - entries.length;
    const request = { ...filters, limit: entries.length === 0 ? limit : left, ...(cursor && { cursor }) };
    const page = orFaults(await gateway.audit(request, context));
    if (page === undefined) return;
    entries.push(...page.entries);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && entries.length < Number(limit));
  const text = json || !process.stdout.isTTY ? linesOf(entries) : tableOf(entries);
  process.stdout.write(`${text}\n`);
}

function linesOf(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => JSON.stringify(entry)).join('\n');
}

function tableOf(entries: readonly AuditEntry[]): string {
  return table(
    ['TIME', 'CALLER', 'THROUGH', 'DID', 'JOB', 'OUTCOME', 'WHY'],
    entries.map(({ at, caller, surface, action, connection, job_id, outcome, code, decision, reason }) => [
      at,
      caller,
      surface,
      action,
      job_id === undefined ? '' : `${connection} ${job_id}`,
      code ?? outcome ?? (job_id === undefined ? decision : 'under way'),
      reason ?? '',
    ]),
  );
}
