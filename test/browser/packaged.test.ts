import { type ChildProcess, spawn } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Built, bundles } from '../aws/built.ts';
import { type PrefixProxy, startPrefixProxy } from '../support/network/prefix-proxy.ts';
import { bareEnvironment, outputOf, sandboxEnvironment } from '../support/process/run.ts';
import { chromiumPath, openBrowser, openTab } from './chromium.ts';
import { signIn } from './console.ts';

describe.skipIf(chromiumPath === undefined)('the page of the package, below a path', () => {
  const token = 'a-token-for-the-tests';
  let browser: Browser;
  let sandbox: Sandbox;
  let built: Built;
  let server: ChildProcess;
  let proxy: PrefixProxy;

  beforeAll(async () => {
    [browser, sandbox, built] = await Promise.all([
      openBrowser(),
      startSandbox({ control: false }),
      bundles(),
    ]);
    const settings = { PORT: '0', CALLOFF_TOKEN: token, CALLOFF_CONSOLE: 'on' };
    const env = bareEnvironment({ ...sandboxEnvironment(sandbox), ...settings });
    const child = spawn(process.execPath, [built.command, 'serve'], { env });
    server = child;
    const output = await outputOf(child, /^page: \S+\n/m);
    proxy = await startPrefixProxy(/^page: (\S+)/m.exec(output)?.[1] ?? '', '/calloff/');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.kill();
    await proxy?.close();
    await sandbox?.close();
    await built?.remove();
  });

  it('signs in and stops a job, asks no host but its own for four files, and complains of nothing', async () => {
    const job = sandbox.providers.ionq.addJob({ name: 'below a path', state: 'running' });
    const tab = await openTab(browser);
    await signIn(tab, proxy.url.replace(/\/$/, ''), token);
    await tab.page.getByRole('button', { name: 'Stop below a path' }).click();
    await tab.page.getByRole('row').filter({ hasText: 'below a path' }).locator('.c-stop .good').waitFor();
    expect(sandbox.providers.ionq.job(job)?.state).toBe('cancelled');
    expect(tab.requests.filter((address) => !address.startsWith(proxy.url))).toEqual([]);
    const files = new Set(tab.requests.filter((address) => !address.includes('/v1/')));
    expect(files.size).toBeLessThanOrEqual(4);
    expect(tab.complaints).toEqual([]);
    await tab.context.close();
  });
});
