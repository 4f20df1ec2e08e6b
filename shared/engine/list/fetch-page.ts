import type { JobList, JobSnapshot, ListQuery, ListReading } from '../../adapter/adapter.ts';
import type { RequestLimits } from '../../http/provider-client.ts';
import { ask, type Connection, keyOf, type ReadResult } from '../connection.ts';

type ListPage = Extract<ListReading, { kind: 'page' }>;

/** A page to read. `begin` is called at its turn and says whether the page is still needed. */
interface PageWanted {
  readonly query: ListQuery;
  readonly cursor: string | null;
  begin?(): boolean;
}

/**
 * Reads one page of a connection's list, and shows it to the status checks that wait for one of its jobs. Without a list
 * nothing is asked.
 */
export async function readPage(
  connection: Connection,
  { query, cursor, begin }: PageWanted,
  terms: RequestLimits,
): Promise<ReadResult<ListPage>> {
  const { adapter, waitingChecks } = connection;
  const { list } = adapter;
  if (list === undefined) return { kind: 'skipped' };
  const request = list.request(query, cursor);
  let began: number | undefined;
  const makeRequest = () => {
    if (begin?.() === false) return undefined;
    began = waitingChecks.mark();
    return request;
  };
  const result: ReadResult<ListPage> = await ask(
    connection,
    {
      operation: 'list',
      key: keyOf(request),
      request: makeRequest,
      read: (response) => list.read(response, cursor),
    },
    terms,
  );
  if (result.kind === 'read' && began !== undefined)
    waitingChecks.show({ jobs: result.reading.jobs, at: result.at, began, isVague: isVague(list) });
  return result;
}

/** Whether the list does not show the state of a job. */
function isVague({ unlistedStates = [] }: JobList): (job: JobSnapshot) => boolean {
  return ({ state }) => unlistedStates.length > 0 && state === 'unknown';
}
