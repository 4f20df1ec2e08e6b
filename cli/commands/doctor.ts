import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { systemCode } from '../../shared/config/file/connection-keys.ts';
import { loadConfiguration } from '../../shared/config/file/reload.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { proxyUse } from '../../shared/http/proxy.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { logToStderr } from '../../shared/lib/log.ts';
import { proxyFinding } from '../../shared/messages/cause.ts';
import { recordFault } from '../../shared/messages/faults.ts';
import { type Diagnosis, diagnose, redact } from '../../shared/use-cases/diagnose.ts';
import { exitCodes } from '../exit-codes.ts';
import { localCall } from '../local-call.ts';
import { type OutputOptions, print, table } from '../output.ts';

const soonMs = 14 * 86_400_000;

interface Options extends OutputOptions {
  readonly record?: string;
}

/** `calloff doctor` */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'see whether keys are accepted and the answers of the providers are shaped as expected; reads only',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing differs from what is expected, also where there is no key; 1 something does, a provider whose key is there could not be asked, or it was broken off; 2 the configuration cannot be used.',
    )
    .option('--record <file>', 'write the answers, redacted, to a file')
    .option('--json', 'print JSON also on a terminal')
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const configuration = examineConfiguration();
  const { gateway, context } = await localCall();
  const connections = [...(await gateway.connections()).values()];
  const examinations = await Promise.all(connections.map((each) => diagnose(each, context.signal)));
  const isRecorded = options.record === undefined || (await record(options.record, examinations));
  const findings = examinations.map(({ provider, baseUrl, checks }) => ({
    provider,
    ...(baseUrl && { base_url: baseUrl }),
    checks,
  }));
  const proxy = proxyFinding(proxyUse());
  const besides = { ...(configuration && { configuration }), ...(proxy && { proxy }) };
  print({ ...besides, connections: findings }, options, () =>
    table(
      ['PROVIDER', 'CHECK', 'RESULT', ''],
      [
        ...(configuration ? [rowOf(configuration)] : []),
        ...(proxy ? [['HTTPS_PROXY', 'proxy', proxyUse(), proxy]] : []),
        ...findings.flatMap(({ provider, base_url, checks }) => [
          ...(base_url === undefined ? [] : [[provider, 'base_url', 'asked', base_url]]),
          ...checks.map(({ check, result, finding }) => [provider, check, result, finding]),
        ]),
      ],
    ),
  );
  const isWrong = findings.some(({ checks }) =>
    checks.some(({ result }) => result === 'differs' || result === 'not_asked'),
  );
  if (isWrong || !isRecorded || context.signal?.aborted) process.exitCode = exitCodes.notDone;
}

interface ConfigurationFinding {
  readonly file: string;
  readonly connections: number;
  readonly callers: number;
  readonly tokens: number;
  /** Tokens that expire within fourteen days, or have. */
  readonly expiring: readonly string[];
}

/** What the configuration file holds, where there is one. @throws {ConfigurationError} naming its faults. */
function examineConfiguration(): ConfigurationFinding | undefined {
  const settings = readSettings();
  if (settings.configPath === undefined) return undefined;
  const { connections, callers, tokens } = loadConfiguration(settings, {
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
  };
}

function rowOf({ file, connections, callers, tokens, expiring }: ConfigurationFinding): string[] {
  const counts = `${connections} connections, ${callers} callers, ${tokens} tokens`;
  const warning =
    expiring.length === 0 ? '' : `; within 14 days, or already, expired: ${expiring.join(', ')}`;
  return [file, 'configuration', 'as_expected', `${counts}${warning}`];
}

/** Writes the answers to a file; says so where that cannot be done. */
async function record(file: string, examinations: readonly Diagnosis[]): Promise<boolean> {
  try {
    await writeFile(file, `${JSON.stringify(recordOf(examinations), null, 2)}\n`);
    return true;
  } catch (error) {
    process.stderr.write(`${recordFault(file, systemCode(error))}\n`);
    return false;
  }
}

function recordOf(examinations: readonly Diagnosis[]): object[] {
  return examinations.flatMap(({ provider, exchanges }) =>
    exchanges.map(({ operation, request, status, body }) => ({
      provider,
      operation,
      method: request.method,
      status,
      body: redact(body),
    })),
  );
}
