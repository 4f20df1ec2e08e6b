/** Thrown when calloff cannot start: the configuration or the store cannot be used. Its message names every fault, and never a value that may be secret. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[];
  /** What to do, unless it is to correct the settings that the faults name. */
  readonly step: string | undefined;

  constructor(faults: readonly string[], step?: string) {
    const lines = faults.map((fault) => `  - ${fault}`);
    super(['calloff cannot start:', ...lines, ...(step === undefined ? [] : [step])].join('\n'));
    this.name = 'ConfigurationError';
    this.faults = faults;
    this.step = step;
  }
}
