import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { stubCredentials } from '../store/drivers.ts';
import { SetClock } from '../store/host.ts';
import { type DynamoDbServer, startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { accepted, connectionsTo } from '../support/harness.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { auditOf, callBy, watchedGateway } from './support.ts';

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /^(functions|mcp|shared|cli|sandbox|scripts)\/.*\.ts$/.test(file) && existsSync(file));
const read = (file: string) => readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
const filesWith = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file)));

describe('by the text of the tree, the log', () => {
  test('is written only by the audit writer and read only by the audit reader', () => {
    expect(filesWith(/[sS]tore\.append\(/)).toEqual([
      'shared/access/audit/writer.ts',
      'shared/store/with-deadline.ts',
    ]);
    expect(filesWith(/[sS]tore\.scan\(/)).toEqual([
      'shared/access/audit/reader.ts',
      'shared/store/with-deadline.ts',
    ]);
    expect(filesWith(/\bAuditWriter\(/)).toEqual([
      'shared/cancellation/cancel-audit.ts',
      'shared/cancellation/record-request.ts',
      'shared/use-cases/backup/pause-restored.ts',
      'shared/webhooks/pass.ts',
      'shared/work/changed-outcomes.ts',
    ]);
  });

  test('is never the table of a statement that changes, replaces or deletes', () => {
    const statements = sources.flatMap((file) => {
      if (!file.startsWith('shared/store/')) return [];
      const found = read(file).matchAll(
        /\b(UPDATE|DELETE FROM|REPLACE INTO|INSERT OR|DROP|ALTER TABLE)\s+(\w+)/g,
      );
      return [...found].map(([, verb, table]) => `${verb} ${table}`);
    });
    expect(new Set(statements)).toEqual(
      new Set(['UPDATE SET', 'UPDATE entry', 'UPDATE ON', 'DELETE FROM entry']),
    );
    const elsewhere = filesWith(/\b(node:sqlite|DatabaseSync)\b/).filter(
      (file) => !/^shared\/store\/(sqlite|backup)\b/.test(file),
    );
    expect(elsewhere).toEqual([]);
  });

  test('is spoken of to DynamoDB in three operations, of which none deletes or updates', () => {
    const sent = sources.flatMap((file) =>
      [...read(file).matchAll(/\.send\(\s*'(\w+)'/g)].map(([, operation]) => operation),
    );
    // The same client sends SendMessage, and that only to SQS.
    expect(new Set(sent)).toEqual(new Set(['GetItem', 'PutItem', 'Query', 'SendMessage']));
    expect(filesWith(/'SendMessage'/)).toEqual(['functions/aws/sqs-sender.ts']);
    expect(
      filesWith(/\b(UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems|ExecuteStatement)\b/),
    ).toEqual([]);
  });
});

describe('on the wire to DynamoDB', () => {
  let sandbox: Sandbox;
  let server: DynamoDbServer;
  let origin: Origin;
  let store: Store;
  const clock = new SetClock();
  beforeAll(async () => {
    stubCredentials();
    sandbox = await startSandbox({ control: false });
    server = await startDynamoDbServer();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await sandbox.close();
    await server.close();
  });
  beforeEach(async () => {
    await server.createTable('calloff');
    origin = await startOrigin(async (_request, response) => {
      const received = origin.received.at(-1);
      const passed = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'].map((name) => [
        name,
        `${received?.headers[name]}`,
      ]);
      const body = received?.body ?? '';
      const answer = await fetch(server.url, { method: 'POST', headers: Object.fromEntries(passed), body });
      response
        .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
        .end(await answer.text());
    });
    store = openDynamoDbStore({ table: 'calloff', region: 'eu-central-1', endpoint: origin.url, clock });
  });
  afterEach(async () => {
    await store.close();
    await origin.close();
  });

  const operations = () =>
    origin.received.map(({ headers, body }) => {
      const { Item, ConditionExpression } = JSON.parse(body);
      const [kind] = `${Item?.pk.S ?? ''}`.split('#', 1);
      return {
        operation: `${headers['x-amz-target']}`.replace(/.*\./, ''),
        kind,
        isIndex: Item?.pk.S === 'log#days',
        condition: ConditionExpression,
      };
    });

  test('a record is put only where there is none, and 1,000 jobs are 20 records and one line of the index', async () => {
    const gateway = watchedGateway({ store, clock, connections: connectionsTo(sandbox) });
    const ids = sandbox.providers.ionq.addJobs(1_000, { state: 'running' });
    const jobs = ids.map((job_id) => ({ provider: 'ionq', job_id }));
    const limited = { cancelsPerMinute: 5_000, confirmAbove: 5_000 };
    const { counts } = accepted(await gateway.cancelJobs({ jobs, reason: 'why' }, callBy('ada', limited)));
    expect(counts.cancelled).toBe(1_000);
    const made = operations();
    const records = made.filter(({ kind, isIndex }) => kind === 'log' && !isIndex);
    expect(records).toHaveLength(20);
    expect(new Set(records.map(({ operation, condition }) => `${operation} ${condition}`))).toEqual(
      new Set(['PutItem attribute_not_exists(pk)']),
    );
    expect(made.filter(({ isIndex }) => isIndex)).toHaveLength(1);
    // Two counts, each taken before and settled after.
    expect(made.filter(({ kind }) => kind === 'value')).toHaveLength(4);
    expect(await auditOf(gateway)).toHaveLength(1_000);
    expect(new Set(operations().map(({ operation }) => operation))).toEqual(
      new Set(['GetItem', 'PutItem', 'Query']),
    );
  }, 60_000);
});
