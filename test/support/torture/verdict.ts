import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../../shared/access/audit/entry.ts';
import { readSettings } from '../../../shared/config/settings.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import { silentLog } from '../../../shared/lib/log.ts';
import { openLocal } from '../../../shared/local-gateway.ts';
import { auditOf } from '../../audit/support.ts';
import { checkOutcomes, type ProviderLogs } from '../truth/check-outcomes.ts';
import type { Torture } from './actions.ts';
import { blindRepeats, falsehoods, type JobFile, leakIn, lostInAudit, ownFailures } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { type Tortured, tortured } from './providers.ts';
import { nameOf } from './record.ts';

/** By then every deadline is over, however the clock was set; in milliseconds. */
const muchLaterMs = 86_400_000;

/** The audit as it reads when every deadline is over, of a store that is opened anew. */
async function auditInTheEnd({ world }: Torture): Promise<AuditEntry[]> {
  const now = Date.now() + muchLaterMs;
  const clock: Clock = { now: () => now, wallTime: () => now, after: () => () => undefined };
  const local = await openLocal(readSettings(world.environment()), { log: silentLog, clock });
  try {
    return await auditOf(local.gateway, { reads: false });
  } finally {
    await local.close();
  }
}

function isTortured(name: string): name is Tortured {
  return tortured.some((each) => each === name);
}

/** Holds all that was said, sent, written and shown in a run against what the providers know. Gives how many words it judged. */
export async function judge(torture: Torture, ledger: Ledger): Promise<number> {
  const { record, world } = torture;
  const fileOf = (job: string): JobFile | undefined => {
    const [provider = '', id = ''] = job.split(/\/(.*)/s);
    if (!isTortured(provider)) return undefined;
    return { provider, id, exchanges: ledger.of(job), truth: torture.providers.twins[provider].job(id) };
  };
  for (const answered of record.failures)
    for (const failure of ownFailures(answered, record.troubles)) record.wrong(failure);
  for (const unrecorded of ledger.unrecorded) record.wrong(unrecorded);
  for (const job of record.forbidden)
    if (ledger.sent.has(job)) record.wrong(`${job} was sent a cancel, and no valid request named it`);

  const entries = await auditInTheEnd(torture);
  const audited = entries.flatMap(({ connection, job_id, action, outcome, state = 'unknown', operation }) =>
    connection === undefined || job_id === undefined || action !== 'cancel'
      ? []
      : [
          {
            job: nameOf({ provider: connection, job_id }),
            outcome,
            state,
            mayBeRetried: operation !== undefined,
          },
        ],
  );
  // While the store is locked calloff answers, and what it could not record reads as unknown, or is not there if nothing was sent.
  const told = record.words.filter(
    ({ surface, job, at }) => surface !== 'operation' && record.isAlone(job) && !record.isStoreBroken(at),
  );
  for (const lost of lostInAudit(audited, ledger.sent, told)) record.wrong(lost);

  const inAudit = audited.flatMap(({ outcome, ...rest }) =>
    outcome === undefined
      ? []
      : [{ ...rest, outcome, surface: 'audit', heardAfter: Number.MAX_SAFE_INTEGER }],
  );
  for (const word of [...record.words, ...inAudit]) {
    const { surface, job } = word;
    const file = fileOf(job);
    const mayBeUnsent = surface === 'audit' || surface === 'operation';
    for (const lie of file ? falsehoods({ ...word, isAlone: record.isAlone(job), mayBeUnsent }, file) : [])
      record.wrong(`${surface}: ${job} is ${word.outcome} (${word.state}) ${lie}; ${storyOf(file)}`);
  }
  for (const job of ledger.sent) {
    const repeats = record.isAlone(job) ? blindRepeats({ exchanges: ledger.of(job) }) : 0;
    if (repeats > 0) record.wrong(`${job} was sent a cancel again without a look; ${storyOf(fileOf(job))}`);
  }
  judgeAnswers(torture, ledger);
  judgeFiles(world.dataFolder, (leak) => record.wrong(leak));
  return record.words.length + inAudit.length;
}

/** What the provider knows of a job, in a line. */
function storyOf(file: JobFile | undefined): string {
  if (file === undefined) return 'of no provider';
  const events = file.exchanges.map(
    ({ sequence, operation, status, fault, served }) =>
      `${sequence} ${operation} ${status} ${fault ?? ''} ${served[file.id] ?? ''}`,
  );
  return `truly ${file.truth?.state ?? 'missing'} [${events.join(', ')}]`;
}

/** Said if a cancel was sent although calloff had read no status. What lists showed to other requests does not count then. */
const isBlind = /without knowing the state of the job/i;

/** Holds whole answers about jobs that no other request named against the laws of every answer. */
function judgeAnswers({ record, providers }: Torture, ledger: Ledger): void {
  for (const { surface, asked, outcomes, counts, heardAfter } of record.answers) {
    if (!asked.every((job) => record.isAlone(nameOf(job)))) continue;
    if (outcomes.some(({ message }) => isBlind.test(message))) continue;
    const witnesses: ProviderLogs = Object.fromEntries(
      tortured.map((provider) => {
        const mine = asked.filter((job) => job.provider === provider).map(nameOf);
        const until = heardAfter.get(provider) ?? 0;
        const exchanges = new Set(mine.flatMap((job) => ledger.of(job)));
        const journal = [...exchanges]
          .filter(({ sequence }) => sequence <= until)
          .toSorted((one, other) => one.sequence - other.sequence)
          // The clock of the servers is set now and then, so times are not compared.
          .map((exchange) => ({ ...exchange, at: Number.MIN_SAFE_INTEGER }));
        return [
          provider,
          { provider, witness: { journal, job: (id: string) => providers.twins[provider].job(id) } },
        ];
      }),
    );
    // A cancel that arrived and was turned away may be unknown to calloff, if it could not read the answer.
    const left = new Set(asked.filter((job) => ledger.sent.has(nameOf(job))).map(({ job_id }) => job_id));
    const rest = { left, now: Number.MAX_SAFE_INTEGER };
    // The name of a job is text of its provider, and may be shown as what it is.
    const nameless = outcomes.map(({ name, owner, ...outcome }) => outcome);
    const lies = checkOutcomes({ asked, outcomes: nameless, ...(counts && { counts }), witnesses, ...rest });
    for (const lie of lies) record.wrong(`${surface}: ${lie}`);
  }
}

/** Looks for secrets in all that the store and its folder hold; the pepper has no file there, because it is set. */
function judgeFiles(folder: string, onLeak: (leak: string) => void): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const leak = leakIn(readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    if (leak !== undefined) onLeak(`the file ${entry.name} holds the secret ${leak}…`);
  }
}
