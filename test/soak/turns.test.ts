import { test, vi } from 'vitest';
import { providerNames } from '../support/harness.ts';
import { expectNoWaiting } from '../support/time/cancels-beside-readers.ts';

vi.setConfig({ testTimeout: 300_000 });

test.concurrent.for(providerNames)(
  'a single cancel every six seconds for a minute and a half waits for no reader at %s',
  (provider) => expectNoWaiting(provider, 15),
);
