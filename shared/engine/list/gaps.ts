import type { Cause, Code } from '../../contract/outcome.ts';
import type { Unavailable } from '../../contract/responses.ts';
import {
  endlessMessage,
  type ListProgress,
  listFailureMessage,
  missingMessage,
  readSoFar,
  shiftedMessage,
  stuckMessage,
  uncarriedMessage,
  unfinishedMessage,
  unlistedStatesMessage,
  unreadMessage,
  unseenAgesMessage,
  unseenNamesMessage,
} from '../../messages/list.ts';
import type { Connection } from '../connection.ts';

/** What was noticed while one connection's list was read, and may hide jobs. */
export interface ListGaps {
  /** Why it could not be read on. */
  readonly failure?: { readonly code: Code; readonly cause?: Cause | undefined } | undefined;
  /** Entries that were not shaped as documented. */
  readonly unread: number;
  /** Of each job whose state neither the list nor a look told, why. */
  readonly withoutState: readonly Code[];
  /** Jobs that are meant or not as their name or age says, which is not shown. */
  readonly unseenNames: number;
  readonly unseenAges: number;
  /** Our time, or the most pages that we read, was up. */
  readonly unfinished: boolean;
  /** Entries moved from page to page; `repeated` came twice. */
  readonly shifted: boolean;
  readonly repeated: number;
  /** The next page was the same again. */
  readonly stuck: boolean;
  /** Page after page had no new job. */
  readonly endless: boolean;
  /** So many more jobs the provider says that it has. */
  readonly missing: number;
  /** The place where the list goes on is too long for a cursor. */
  readonly uncarried: boolean;
}

/** A list as far as it was read. */
export interface ListSeen {
  readonly connection: Connection;
  readonly gaps: ListGaps;
  readonly progress: ListProgress;
}

/** What an answer lacks of one connection's jobs, each with its reason. */
export function unavailableIn({ connection, gaps, progress }: ListSeen): Unavailable[] {
  const { adapter, name: provider } = connection;
  const { displayName } = adapter;
  const far = {
    ...(progress.read > 0 && { read: progress.read }),
    ...(progress.oldest && { seen_until: progress.oldest }),
  };
  const { failure, unread, withoutState, unseenNames, unseenAges, missing } = gaps;
  const inconsistent = (is: boolean, message: string) =>
    is ? [{ provider, code: 'list_inconsistent' as const, ...far, message }] : [];
  const unfinished = (is: boolean, message: string) =>
    is ? [{ provider, code: 'list_unfinished' as const, ...far, message }] : [];
  const unanswered = (unjudged: number, message: string) =>
    unjudged > 0 ? [{ provider, code: 'filter_unanswered' as const, unjudged, message }] : [];
  return [
    ...(failure
      ? [
          {
            ...{ provider, code: failure.code, ...(failure.cause && { cause: failure.cause }), ...far },
            message: [listFailureMessage(failure, connection), readSoFar(progress)].filter(Boolean).join(' '),
          },
        ]
      : []),
    ...(unread > 0
      ? [{ provider, code: 'unexpected_response' as const, message: unreadMessage(unread, displayName) }]
      : []),
    ...[...Map.groupBy(withoutState, (why) => why)].map(([code, { length: unjudged }]) => ({
      ...{ provider, code, unjudged, message: unlistedStatesMessage(code, unjudged, adapter) },
    })),
    ...unanswered(unseenNames, unseenNamesMessage(unseenNames, adapter)),
    ...unanswered(unseenAges, unseenAgesMessage(unseenAges, displayName)),
    ...unfinished(gaps.unfinished, unfinishedMessage(progress, displayName)),
    ...unfinished(gaps.uncarried, uncarriedMessage(progress, displayName)),
    ...inconsistent(gaps.shifted || gaps.repeated > 0, shiftedMessage(gaps.repeated, displayName)),
    ...inconsistent(gaps.stuck, stuckMessage(progress, displayName)),
    ...inconsistent(gaps.endless, endlessMessage(progress, displayName)),
    ...inconsistent(missing > 0, missingMessage(missing, displayName)),
  ];
}
