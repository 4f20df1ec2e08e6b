import type { Connection } from '../connection.ts';
import { ListReader, type ScanRequest, type ScanResult } from './paging.ts';
import { noGaps } from './unavailable.ts';

/**
 * Reads a connection's list until the limit, its end or the time limit. Without a list, the result has no job and says so.
 * Rejects only on a bug.
 */
export async function scanList(connection: Connection, wanted: ScanRequest): Promise<ScanResult> {
  const { list } = connection.adapter;
  return list === undefined
    ? scanWithoutList(connection, wanted)
    : await new ListReader(connection, list, wanted).read();
}

/** A missing key is the first thing to mend, so it is told first. */
async function scanWithoutList(connection: Connection, { start }: ScanRequest): Promise<ScanResult> {
  const isKeyless = (await connection.credentials.current()) === undefined;
  const why = isKeyless ? { failure: { code: 'provider_not_configured' as const } } : { unlisted: true };
  return {
    ...{ connection, start, finds: [], rest: null, inOtherStates: 0 },
    ...{ gaps: { ...noGaps, ...why }, progress: { read: 0 } },
  };
}
