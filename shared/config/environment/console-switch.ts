import { ConfigurationError } from '../configuration-error.ts';
import { type Environment, EnvironmentReader } from '../environment-reader.ts';
import { variables } from '../variables.ts';

/**
 * Whether the console is on, for a function that needs no other setting.
 * @throws {ConfigurationError} if the variable cannot be read.
 */
export function readConsoleSwitch(environment: Environment = process.env): boolean {
  const reader = new EnvironmentReader(environment);
  const isOn = reader.read(variables.console);
  if (reader.faults.length > 0) throw new ConfigurationError(reader.faults);
  return isOn;
}
