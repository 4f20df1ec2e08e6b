import { execFileSync } from 'node:child_process';

/** Installs the official clients of providers, which test/soak/clients.test.ts tries. */
execFileSync('npm', ['ci', '--prefix', 'test/clients', '--no-audit', '--no-fund', '--ignore-scripts'], {
  stdio: 'inherit',
});
