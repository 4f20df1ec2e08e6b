import { ownCommand } from '../../shared/config/calloff-command.ts';

/** The command line that resumes an operation, as a person would type it here. */
export function resumeCommand(id: string): string {
  return `${calloff()} resume ${id}`;
}

/** The command line that pauses an operation. */
export function pauseCommand(id: string): string {
  return `${calloff()} pause ${id}`;
}

/** The command line that follows an operation. */
export function followCommand(id: string): string {
  return `${calloff()} follow ${id}`;
}

/** The command line that lists the operations. */
export function operationsCommand(): string {
  return `${calloff()} operations`;
}

function calloff(): string {
  return ownCommand() ?? 'calloff';
}
