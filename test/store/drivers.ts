import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { runs } from '../support/thorough.ts';
import { type Host, SetClock } from './host.ts';
import { memoryHost } from './memory-store.ts';

/** A driver with all that it needs; `stop` takes that away again. */
export interface Driver {
  host(): Promise<Host>;
  stop(): Promise<void>;
}

/** The drivers that the laws are held against. The one in memory shows that the laws can be kept at all. */
export const drivers: Readonly<Record<string, () => Promise<Driver>>> = {
  SQLite: () => sqliteDriver(true),
  'SQLite without a thread': () => sqliteDriver(false),
  DynamoDB: async () => {
    stubCredentials();
    const server = await startDynamoDbServer();
    const host = async (): Promise<Host> => {
      const clock = new SetClock();
      const table = `calloff-${randomUUID()}`;
      await server.createTable(table);
      const open = async () =>
        openDynamoDbStore({ table, region: 'eu-central-1', endpoint: server.url, clock });
      return { clock, sequences: runs(60, 2), open, another: host };
    };
    return { host, stop: () => server.close() };
  },
  memory: async () => ({ host: async () => memoryHost(), stop: async () => undefined }),
};

/** Credentials as Lambda hands them over. */
export function stubCredentials(): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'an-access-key-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret-access-key');
  vi.stubEnv('AWS_SESSION_TOKEN', 'canary-session-token');
}

async function sqliteDriver(hasThread: boolean): Promise<Driver> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-store-'));
  return { host: async () => sqliteHost(folder, hasThread), stop: () => rm(folder, { recursive: true }) };
}

function sqliteHost(parent: string, hasThread: boolean): Host {
  const clock = new SetClock();
  const folder = join(parent, randomUUID());
  return {
    clock,
    sequences: runs(60, hasThread ? 1 : 3),
    open: () => openSqliteStore({ folder, clock, hasThread }),
    another: async () => sqliteHost(parent, hasThread),
  };
}
