import { chromiumPath } from './chromium.ts';

/** Prints one line where the tests of the console are skipped because the machine has no browser. */
export default function sayIfNone(): void {
  if (chromiumPath === undefined)
    process.stdout.write(
      'The tests of the console are skipped: this machine has no Chromium. Install one, or name it in CALLOFF_TEST_CHROMIUM.\n',
    );
}
