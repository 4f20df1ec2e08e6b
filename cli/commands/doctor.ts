import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { withOwnAdapters } from '../../shared/config/adapters/load.ts';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { isListUnused, unusedKeys } from '../../shared/config/environment/unused.ts';
import { loadConfiguration } from '../../shared/config/file/reload.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { proxyUse } from '../../shared/http/proxy.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { logToStderr, systemCode } from '../../shared/lib/log.ts';
import { proxyFinding } from '../../shared/messages/cause.ts';
import { recordFault } from '../../shared/messages/faults.ts';
import { unusedKeysFinding, unusedListFinding } from '../../shared/messages/findings/unused.ts';
import type { Diagnosis, redact } from '../../shared/use-cases/diagnose.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError } from '../output/error.ts';
import { type Finding, findingReport } from '../output/finding-report.ts';
import { addExamples, addNote } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';
import { noteThisMachine } from '../remote/note-this-machine.ts';

const soonMs = 14 * 86_400_000;

interface Options extends OutputOptions {
  readonly record?: string;
}

/** `calloff doctor` */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check whether each provider accepts its key and answers as expected; only reads')
    .option('--record <file>', 'write the answers, redacted, to a file')
    .option('--json', 'print JSON, on a terminal too')
    .action(doctor);
  addExamples(command, [
    ['calloff doctor', 'check every provider whose key is set'],
    ['calloff doctor --record answers.json', 'keep what the providers answered, without names, ids and keys'],
  ]);
  addNote(
    command,
    'Exit codes: 0 no difference found, or no key configured; 1 difference found, no answer from a provider, or interrupted; 2 invalid configuration.',
  );
}

async function doctor(options: Options): Promise<void> {
  await noteThisMachine('the keys');
  const configuration = await examineConfiguration();
  const { localCall } = await import('../local-call.ts');
  const { gateway, context, local } = await localCall();
  const connections = [...(await gateway.connections()).values()];
  const { diagnose, redact } = await import('../../shared/use-cases/diagnose.ts');
  const examinations = await withProgress('Asking the providers', context, ({ signal }) =>
    Promise.all(connections.map((each) => diagnose(each, signal))),
  );
  const isRecorded =
    options.record === undefined || (await record(options.record, recordOf(examinations, redact)));
  const findings = examinations.map(({ provider, baseUrl, checks }) => ({
    provider,
    ...(baseUrl && { base_url: baseUrl }),
    checks,
  }));
  const proxy = proxyFinding(proxyUse());
  const unused = examineUnused(local.configuration.initial.connections);
  const besides = { ...(configuration && { configuration }), ...(proxy && { proxy }), ...unused.shown };
  print({ ...besides, connections: findings }, options, (terminal) =>
    findingReport(
      [
        ...(configuration ? rowsOf(configuration) : []),
        ...(proxy ? [{ of: 'HTTPS_PROXY', check: 'proxy', result: proxyUse(), finding: proxy }] : []),
        ...findings.flatMap(({ provider: of, base_url, checks }) => [
          ...(base_url === undefined ? [] : [{ of, check: 'base_url', result: 'asked', finding: base_url }]),
          ...checks.map((check) => ({ of, ...check })),
        ]),
        ...unused.rows,
      ],
      terminal,
    ),
  );
  const isWrong = findings.some(({ checks }) =>
    checks.some(({ result }) => result === 'differs' || result === 'not_asked'),
  );
  if (isWrong || !isRecorded || context.signal?.aborted) process.exitCode = exitCodes.notDone;
}

/** What the environment has set and calloff leaves alone, as JSON and as rows. */
function examineUnused(connections: readonly ConnectionSettings[]) {
  const keys = unusedKeys(connections);
  const isIgnored = isListUnused(connections);
  const inFile = connections.some(({ fromFile }) => fromFile);
  const row = (of: string, check: string, finding: string) => ({ of, check, result: 'not_used', finding });
  return {
    shown: {
      ...(keys.length > 0 && { unused_keys: keys }),
      ...(isIgnored && { unused_list: unusedListFinding }),
    },
    rows: [
      ...(isIgnored ? [row('CALLOFF_CONNECTIONS', 'environment', unusedListFinding)] : []),
      ...(keys.length > 0 ? [row('other keys', 'environment', unusedKeysFinding(keys, inFile))] : []),
    ],
  };
}

interface ConfigurationFinding {
  readonly file: string;
  readonly connections: number;
  readonly callers: number;
  readonly tokens: number;
  /** Tokens that expire within fourteen days, or have. */
  readonly expiring: readonly string[];
  /** The origin of the webhook, without a path that may be secret, and the number of its keys. */
  readonly webhook?: { readonly origin: string; readonly keys: number };
}

/** What the configuration file holds, if there is one. @throws {ConfigurationError} naming its faults. */
async function examineConfiguration(): Promise<ConfigurationFinding | undefined> {
  const settings = await withOwnAdapters(readSettings());
  if (settings.configPath === undefined) return undefined;
  const { connections, callers, tokens, webhook } = loadConfiguration(settings, {
    clock: systemClock,
    log: logToStderr,
  }).initial;
  const known = tokens === 'one' ? [] : [...tokens];
  const soon = systemClock.wallTime() + soonMs;
  return {
    file: basename(settings.configPath),
    connections: connections.length,
    callers: callers.size,
    tokens: known.length,
    expiring: known
      .filter(([, { expiresAt }]) => expiresAt !== undefined && expiresAt <= soon)
      .map(([id]) => id),
    ...(webhook && { webhook: { origin: new URL(webhook.url).origin, keys: webhook.keys.length } }),
  };
}

function rowsOf({ file, connections, callers, tokens, expiring, webhook }: ConfigurationFinding): Finding[] {
  const counts = `${connections} connections, ${callers} callers, ${tokens} tokens`;
  const warning =
    expiring.length === 0 ? '' : `; tokens that expire within 14 days, or have: ${expiring.join(', ')}`;
  return [
    { of: file, check: 'configuration', result: 'as_expected', finding: `${counts}${warning}` },
    ...(webhook ? [webhookRow(webhook)] : []),
  ];
}

function webhookRow({ origin, keys }: NonNullable<ConfigurationFinding['webhook']>): Finding {
  const finding = `calloff sends events to ${origin}, signed with ${keys === 1 ? 'one key' : 'two keys'}. Nothing was sent now.`;
  return { of: 'webhook', check: 'configuration', result: 'as_expected', finding };
}

/** Writes the answers to a file, and gives whether that succeeded; prints an error if not. */
async function record(file: string, answers: readonly object[]): Promise<boolean> {
  try {
    await writeFile(file, `${JSON.stringify(answers, null, 2)}\n`);
    return true;
  } catch (error) {
    printError(recordFault(file, systemCode(error)));
    return false;
  }
}

function recordOf(examinations: readonly Diagnosis[], withoutSecrets: typeof redact): object[] {
  return examinations.flatMap(({ provider, exchanges }) =>
    exchanges.map(({ operation, request, status, body }) => ({
      provider,
      operation,
      method: request.method,
      status,
      body: withoutSecrets(body),
    })),
  );
}
