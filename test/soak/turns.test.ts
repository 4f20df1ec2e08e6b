import { test, vi } from 'vitest';
import { expectNoWaiting } from '../support/cancels-beside-readers.ts';
import { providerNames } from '../support/harness.ts';

vi.setConfig({ testTimeout: 300_000 });

test.concurrent.for(providerNames)(
  'a single cancel every six seconds for a minute and a half waits for no reader at %s',
  (provider) => expectNoWaiting(provider, 15),
);
