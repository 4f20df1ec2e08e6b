import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { OperationState } from '../../shared/contract/operations.ts';
import { sleep, systemClock } from '../../shared/lib/clock.ts';
import {
  afterInterrupt,
  anotherRequest,
  isInterrupted,
  type OperationCall,
  type OperationWorker,
} from '../call.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError, printNotDone, valueOrPrint } from '../output/error.ts';
import { interruptedWords, leftAtOnceWords, leftWords } from './interrupt-words.ts';
import { pauseCommand } from './own-commands.ts';
import { type ProgressDisplay, progressOnStderr } from './progress.ts';
import { countSent, sentInWords } from './sent-so-far.ts';

/** How an operation is worked off, or only watched. */
export interface WorkTerms {
  /** The words of the command. */
  readonly command: string;
  /** The states in which the command goes on. */
  readonly goesOn: ReadonlySet<OperationState>;
  /** Whether this process works on the operation if no other does. */
  readonly works: boolean;
}

/** The states in which calloff still sends something. */
export const sendingStates: ReadonlySet<OperationState> = new Set(['listing', 'running']);

/** How often the progress is read, in milliseconds: here, and from a server, which counts the reads of a caller. */
const pollMs = { here: 500, there: 2_000 };
/** So many reads may fail one after the other until the command gives up. A server may be started anew meanwhile. */
const mostFailures = 30;
/** What ends by itself: trouble of the store or the way to the server, and the end of the caller's reads for this minute. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'rate_limited']);
/** How long another process has to record what it sent, in milliseconds. */
const recordingMs = 10_000;

/** What the interrupts of one command need. */
interface Work {
  readonly call: OperationCall;
  readonly id: string;
  readonly terms: WorkTerms;
  readonly worker: OperationWorker;
  readonly progress: ProgressDisplay;
  /** Aborted by the first signal. */
  readonly interrupted: AbortController;
  /** The operation as the pause left it; `undefined` before. */
  paused: OperationView | undefined;
}

/**
 * Works on an operation, or watches another process do so, as long as it is in one of some states, and shows its progress. The
 * first signal pauses it, and says what was sent; the second leaves at once. Returns the operation as it is then; `undefined`
 * if it cannot be read: it says why.
 */
export async function workOff(
  call: OperationCall,
  begun: OperationView,
  terms: WorkTerms,
): Promise<OperationView | undefined> {
  const { id } = begun;
  const progress = progressOnStderr();
  // A signal may have come while the operation was being started.
  const isLate = isInterrupted(call);
  const worker = call.workerOn(
    (operation) => operation === id,
    (connection, slice) => progress.note(connection, slice),
  );
  const work: Work = {
    call: afterInterrupt(call),
    id,
    terms,
    worker,
    progress,
    interrupted: new AbortController(),
    paused: undefined,
  };
  const giveBack = call.handleSignals({
    first: () => work.interrupted.abort(),
    second() {
      progress.stop();
      printError(terms.works ? leftAtOnceWords(call, work) : leftWords(call, id, worker));
    },
  });
  if (isLate) work.interrupted.abort();
  if (terms.works && !isLate) {
    worker.start();
    call.sender.start();
  }
  try {
    const last = isLate ? begun : await watch(work, begun);
    if (work.interrupted.signal.aborted) return await interrupt(work, last);
    await worker.stop();
    return await readOrPrint(work);
  } finally {
    progress.stop();
    // The webhook is to hear of an end that no other process will tell it.
    await call.sender.finish();
    giveBack();
  }
}

/** Shows the progress until the operation is in none of the states, or a signal came. */
async function watch(
  { call, id, terms, progress, interrupted }: Work,
  begun: OperationView,
): Promise<OperationView | undefined> {
  const { signal } = interrupted;
  let last = begun;
  let failures = 0;
  for (;;) {
    const read = await call.gateway.getOperation({ operation_id: id }, anotherRequest(call));
    failures = read.ok ? 0 : failures + 1;
    if (read.ok) last = read.value;
    else if (failures > mostFailures || read.faults.some(({ kind }) => !passing.has(kind))) return undefined;
    if (!terms.goesOn.has(last.state)) return last;
    progress.show(last);
    await sleep(systemClock, call.isRemote ? pollMs.there : pollMs.here, signal);
    if (signal.aborted) return last;
  }
}

async function readOrPrint({ call, id, terms }: Work): Promise<OperationView | undefined> {
  const read = await call.gateway.getOperation({ operation_id: id }, anotherRequest(call));
  return valueOrPrint(read, { command: terms.command });
}

/** Pauses the operation, unless only others work on it or it sends nothing any more. */
async function interrupt(work: Work, last: OperationView | undefined): Promise<OperationView | undefined> {
  const { terms, worker, progress } = work;
  const isSending = last === undefined || sendingStates.has(last.state);
  if (!terms.works || !isSending) {
    await worker.stop();
    printNotDone(leftWords(work.call, work.id, worker));
    return readOrPrint(work);
  }
  progress.say(`Pausing ${work.id}, and recording what was sent; Ctrl-C again leaves at once`);
  // This process sends nothing more from now on, also if the store cannot be written.
  const stopped = worker.stop();
  const paused = await work.call.gateway.pauseOperation({ operation_id: work.id }, anotherRequest(work.call));
  if (paused.ok) work.paused = paused.value;
  await stopped;
  await allRecorded(work);
  progress.stop();
  // One that waits for a confirmation has nothing to pause.
  if (!paused.ok && paused.faults.some(({ kind }) => kind !== 'state')) {
    printNotDone({
      what: 'calloff could not pause the operation. This process sends nothing more.',
      why: paused.faults.map(({ message }) => message),
      nextStep: `Repeat the pause: ${pauseCommand(work.id)}`,
    });
    return undefined;
  }
  const view = await readOrPrint(work);
  const soFar = await countSent(work.call, work.id);
  const sent = soFar === undefined ? ['calloff cannot read now what was sent.'] : sentInWords(soFar);
  process.exitCode = exitCodes.notDone;
  if (view !== undefined) printError(interruptedWords(view, sent));
  return view;
}

/** Waits until no cancel that may have been sent, also by another process, is without an outcome, or for ten seconds. */
async function allRecorded({ call, id }: Work): Promise<void> {
  const until = systemClock.now() + recordingMs;
  while (systemClock.now() < until) {
    const so = await countSent(call, id);
    if (so?.inAir === 0) return;
    await sleep(systemClock, pollMs.here);
  }
}
