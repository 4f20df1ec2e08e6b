import type { ConfigurationError } from '../../shared/config/configuration-error.ts';
import type { Fault, Result } from '../../shared/contract/result.ts';
import { plainText } from '../../shared/lib/text.ts';
import { toldFaults } from '../../shared/use-cases/validate.ts';
import { exitCodes } from '../exit-codes.ts';
import { paint, terminalOf } from './terminal.ts';
import { wrapAfter } from './wrap.ts';

/** An error as a person reads it: what happened, why, and what to do. */
export interface ErrorText {
  readonly what: string;
  readonly why?: readonly string[];
  readonly nextStep?: string | undefined;
}

/** Prints an error to standard error. Every command tells its errors in this shape. */
export function printError({ what, why = [], nextStep }: ErrorText): void {
  const terminal = terminalOf(process.stderr);
  const part = (lead: string, text: string) => wrapAfter(lead, plainText(text), terminal.width);
  const lines = [
    part('Error: ', what).replace('Error:', paint('Error:', 'red', terminal)),
    ...new Set(why.map((each) => part('  ', each))),
    ...(nextStep === undefined
      ? []
      : [part('Next step: ', nextStep).replace('Next step:', paint('Next step:', 'bold', terminal))]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Prints why a command has not done what it was to do, and sets the exit code. */
export function printNotDone(text: ErrorText): undefined {
  printError(text);
  process.exitCode = exitCodes.notDone;
  return undefined;
}

/** Prints what is wrong with a command line, and sets the exit code. `command` is the words of the command: `token list`. */
export function printUsageError(why: readonly string[], command: string): void {
  const words = ['calloff', command, '--help'].filter((word) => word !== '').join(' ');
  printError({
    what: 'The command is not valid, and nothing was done.',
    why,
    nextStep: `Run "${words}": it describes the arguments, with examples.`,
  });
  process.exitCode = exitCodes.usage;
}

/** Prints why calloff cannot start, and sets the exit code. */
export function printConfigurationError({ faults, step }: ConfigurationError): void {
  printError({
    what: 'calloff cannot start.',
    why: faults,
    nextStep: step ?? 'Correct these settings, then run the command again. docs/settings.md describes them.',
  });
  process.exitCode = exitCodes.usage;
}

/** The command that a request came from. `ids`: the job ids that it named, in the order of the request. */
export interface AskedBy {
  readonly command: string;
  readonly ids?: readonly string[];
  /** The lines of a file that named them. */
  readonly lines?: readonly number[] | undefined;
}

type RefusalKind = Exclude<Fault['kind'], 'invalid' | 'unknown_provider'>;
const refusals: Record<RefusalKind, string> = {
  denied: 'calloff refused this request.',
  rate_limited: 'calloff refused this request for now.',
  confirmation: 'calloff did not accept the confirmation.',
  unavailable: 'calloff cannot do this now.',
  unknown_operation: 'calloff did not find the operation.',
  state: 'calloff cannot do this with the operation as it is.',
  other_request: 'calloff refused this request.',
  lost: 'The answer of the server is lost.',
};

/**
 * The value of a valid request; else prints every fault. The exit code is 2 if the request itself is wrong, and 1 if it
 * is refused.
 */
export function valueOrPrint<T>(result: Result<T>, askedBy: AskedBy): T | undefined {
  if (result.ok) return result.value;
  const wrong = result.faults.filter(({ kind }) => !(kind in refusals));
  if (wrong.length > 0)
    printUsageError(
      toldFaults(wrong).map((fault) => usageText(fault, askedBy)),
      askedBy.command,
    );
  else printRefusal(result.faults);
  return undefined;
}

function printRefusal(faults: readonly Fault[]): void {
  const [{ kind = 'denied', step } = {}] = faults;
  const what = new Map<string, string>(Object.entries(refusals)).get(kind) ?? refusals.denied;
  const why = faults.map(({ message }) =>
    step !== undefined && message.endsWith(step) ? message.slice(0, -step.length) : message,
  );
  printNotDone({ what, why, nextStep: step });
}

/** Where a request has its parts, and what the command line calls them. */
const argumentNames = new Map([
  ['provider', 'PROVIDER'],
  ['job_id', 'ID'],
  ['jobs', 'ID'],
  ['confirmation_id', 'ID'],
  ['wait_seconds', '--wait'],
  ['operation_id', 'OPERATION'],
]);

/** A fault at the argument that it is about. */
function usageText({ path, message }: Fault, { ids = [], lines = [] }: AskedBy): string {
  const [, index, rest = path] = /^jobs\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
  const field = rest.replace(/\[\d+\]$/, '');
  const name = argumentNames.get(field) ?? (field === '' ? '' : `--${field.replaceAll('_', '-')}`);
  const id = index === undefined || field !== 'job_id' ? undefined : ids[Number(index)];
  const told = message.replace(
    /^Invalid option: expected one of (.*)$/,
    (_all, words: string) => `must be one of ${words.replaceAll('"', '').replaceAll('|', ', ')}`,
  );
  const line = index === undefined ? undefined : lines[Number(index)];
  const place = line === undefined ? '' : `Line ${line}:`;
  return [place, name, id === undefined ? '' : `"${plainText(id).slice(0, longestShownId)}"`, told]
    .filter((part) => part !== '')
    .join(' ');
}

const longestShownId = 60;
