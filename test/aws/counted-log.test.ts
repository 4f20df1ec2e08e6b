import { expect, it } from 'vitest';
import * as z from 'zod';
import { countedLog } from '../../functions/aws/counted-log.ts';
import type { LogEntry } from '../../shared/lib/log.ts';

/** What CloudWatch needs of a line, by its specification: each metric and dimension that is named stands in the line itself. */
const directive = z.strictObject({
  Namespace: z.string().min(1).max(1_024),
  Dimensions: z.array(z.array(z.string()).max(30)),
  Metrics: z.array(z.strictObject({ Name: z.string().min(1), Unit: z.literal('Count') })).max(100),
});
const embedded = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).length(1) }),
});

function counted(table?: string) {
  const lines: object[] = [];
  const write = ({ level, ...entry }: LogEntry, more?: (now: number) => object) =>
    void lines.push({ level, ...entry, ...more?.(1_790_000_000_000) });
  return { lines, ...countedLog(table, write) };
}

const line = { level: 'info', event: 'request' } as const;
const cancel = { is: 'cancel', connection: 'sutro', surface: 'http' } as const;

it('puts the counts into the next line that is written anyway, and into no other', () => {
  const { lines, log, meter, flush } = counted('calloff-dev');
  log(line);
  meter({ ...cancel, outcome: 'cancelled' });
  meter({ ...cancel, outcome: 'cancelled', connection: 'ionq' });
  meter({ ...cancel, outcome: 'unknown' });
  meter({ is: 'provider_request', connection: 'sutro', operation: 'status', class: 'rejected', seconds: 1 });
  meter({ is: 'came_back', jobs: 3 });
  meter({ is: 'audit_write_failure' });
  meter({ is: 'cancel_call', seconds: 1 });
  log(line);
  log(line);
  flush();
  expect([lines[0], lines[2], lines.length]).toEqual([line, line, 3]);
  const { _aws, ...rest } = embedded.parse(lines[1]);
  const counts = {
    cancels_cancelled: 2,
    cancels_unknown: 1,
    provider_requests_rejected: 1,
    came_back: 3,
    audit_write_failures: 1,
  };
  expect(rest).toEqual({ ...line, table: 'calloff-dev', ...counts });
  const [{ Namespace, Dimensions, Metrics } = { Metrics: [] }] = _aws.CloudWatchMetrics;
  expect([Namespace, Dimensions]).toEqual(['calloff', [['table']]]);
  expect(Metrics.map(({ Name }) => Name)).toEqual(Object.keys(counts));
});

it('writes a line of its own at the end of a run that logged nothing, and none if nothing was counted', () => {
  const { lines, meter, flush } = counted();
  flush();
  expect(lines).toEqual([]);
  meter({ ...cancel, outcome: 'failed' });
  flush();
  flush();
  expect(lines).toEqual([expect.objectContaining({ event: 'counted', table: 'none', cancels_failed: 1 })]);
});
