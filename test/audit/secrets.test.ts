import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import { stubCredentials } from '../store/drivers.ts';
import { SetClock } from '../store/host.ts';
import { startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { canaryKey } from '../support/canary.ts';
import { pepper } from '../support/configuration.ts';
import { accepted, connectionsTo, settingsFor } from '../support/harness.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { callBy, watchedGateway } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  for (const provider of Object.values(sandbox.providers)) provider.setKey(canaryKey);
});
afterAll(() => sandbox.close());

/** The jobs of a request, and a selector that finds others. */
function someJobs() {
  const { sutro } = sandbox.providers;
  sutro.addJobs(3, { state: 'running', name: 'chosen' });
  return sutro
    .addJobs(2, { state: 'running', settlesInMs: 0 })
    .map((job_id) => ({ provider: 'sutro', job_id }));
}
const selector = { provider: 'sutro', name: 'chosen' };

describe('no key, token or pepper is in what is kept', () => {
  test('by the embedded server, whatever is presented to it', async () => {
    const token = 'canary-token-of-a-caller';
    const dataFolder = freshFolder();
    const settings: Settings & { token: string } = {
      ...settingsFor(connectionsTo(sandbox)),
      token,
      pepper,
      dataFolder,
    };
    const local = await openLocal(settings, { log: silentLog, redirect: () => settings.connections });
    const server = await startServer(settings, local, silentLog);
    const ask = async (path: string, body?: object, given = token) => {
      const headers = { authorization: `Bearer ${given}` };
      const request =
        body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
      return JSON.parse(await (await fetch(server.url + path, request)).text());
    };
    const jobs = someJobs();
    await ask('/v1/jobs/cancel', { jobs, reason: 'why' });
    await ask('/v1/jobs/cancel', { jobs }, 'canary-token-of-nobody');
    const { confirmation } = await ask('/v1/jobs/cancel', { selector });
    const { id, confirmation_token } = confirmation;
    const [, mac = ''] = confirmation_token.split('.');
    const altered = `${id}.${mac.toLowerCase()}`;
    for (const wrong of [altered, token, canaryKey, pepper, `${canaryKey}.x`]) {
      await ask('/v1/jobs/cancel', { confirmation_token: wrong });
      await ask('/v1/jobs/cancel', { jobs, confirmation_token: wrong });
      await ask('/v1/jobs/cancel', { jobs, confirmation_id: wrong });
      await ask(`/v1/confirmations/${wrong}`, {});
      await ask(`/v1/audit?cursor=${wrong}`);
    }
    const { counts } = await ask('/v1/jobs/cancel', { confirmation_token });
    expect(counts.cancelled + counts.cancelling).toBe(3);
    const { entries } = await ask('/v1/audit?limit=1000');
    expect(entries.length).toBeGreaterThan(20);
    const kept = readdirSync(dataFolder).map((file) => readFileSync(join(dataFolder, file), 'latin1'));
    await server.stop();
    expect(kept.join('')).toContain(jobs[0]?.job_id);
    expect(kept.join('')).toContain(id);
    for (const secret of [canaryKey, 'canary-', token, pepper, mac, mac.toLowerCase()]) {
      expect(kept.filter((bytes) => bytes.includes(secret))).toEqual([]);
      expect(JSON.stringify(entries)).not.toContain(secret);
    }
  });

  test('in DynamoDB', async () => {
    stubCredentials();
    const server = await startDynamoDbServer();
    await server.createTable('calloff');
    const clock = new SetClock();
    const store = openDynamoDbStore({
      table: 'calloff',
      region: 'eu-central-1',
      endpoint: server.url,
      clock,
    });
    const gateway = watchedGateway({ store, clock, connections: connectionsTo(sandbox) });
    const call = () => callBy('ada', { cancelsPerMinute: 100, confirmAbove: 100 });
    const jobs = someJobs();
    await gateway.cancelJobs({ jobs }, call());
    const { confirmation } = accepted(await gateway.cancelJobs({ selector }, call()));
    const { confirmation_token = '' } = confirmation ?? {};
    for (const wrong of [canaryKey, pepper, `${confirmation_token}x`]) {
      await gateway.cancelJobs({ jobs, confirmation_token: wrong }, call());
      await gateway.cancelJobs({ confirmation_id: wrong }, call());
    }
    await gateway.cancelJobs({ confirmation_token }, call());
    await gateway.readAudit({}, call());
    const kept = JSON.stringify(await server.itemsOf('calloff'));
    await store.close();
    await server.close();
    vi.unstubAllEnvs();
    expect(kept).toContain(jobs[0]?.job_id);
    for (const secret of [canaryKey, 'canary-', pepper, confirmation_token.split('.')[1]])
      expect(kept).not.toContain(secret);
  });
});
