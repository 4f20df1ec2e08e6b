import { readFileSync } from 'node:fs';
import { systemCode } from '../../lib/log.ts';
import { ConfigurationError } from '../configuration-error.ts';

/**
 * The text of the configuration file.
 * @throws {ConfigurationError} if it cannot be read.
 */
export function readConfigurationFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`CALLOFF_CONFIG names a file that cannot be read (${systemCode(error)})`]);
  }
}

/** The text of a file, or `otherwise` if it cannot be read. */
export function readTextOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
