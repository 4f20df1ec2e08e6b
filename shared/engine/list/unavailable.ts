import type { Unavailable } from '../../contract/answers/unavailable.ts';
import type { Cause, Code } from '../../contract/outcome.ts';
import { noListMessage } from '../../messages/findings/no-list.ts';
import {
  endlessMessage,
  type ListProgress,
  listFailureMessage,
  missingMessage,
  readSoFar,
  shiftedMessage,
  stuckMessage,
  type UnansweredFilter,
  unansweredFilters,
  unansweredMessage,
  uncarriedMessage,
  unfinishedMessage,
  unlistedStatesMessage,
  unreadMessage,
} from '../../messages/list.ts';
import type { Connection } from '../connection.ts';

/** Problems in the reading of one connection's list that may hide jobs. */
export interface ListGaps {
  /** Whether the provider has no list. */
  readonly unlisted: boolean;
  /** Why the reading stopped. */
  readonly failure?: { readonly code: Code; readonly cause?: Cause | undefined } | undefined;
  /** The number of entries that are not shaped as documented. */
  readonly unread: number;
  /** The reason for each job whose state neither the list nor a status check showed. */
  readonly withoutState: readonly Code[];
  /** The number of jobs that may match, by the filter for which the provider does not show enough. */
  readonly unanswered: { readonly [filter in UnansweredFilter]?: number };
  /** Whether the time or the limit of pages was used up. */
  readonly unfinished: boolean;
  /** Whether entries moved between pages; `repeated` of them appeared twice. */
  readonly shifted: boolean;
  readonly repeated: number;
  /** Whether a page was repeated instead of the next one. */
  readonly stuck: boolean;
  /** Whether page after page had no new job. */
  readonly endless: boolean;
  /** How many more jobs the provider counts than its list shows. */
  readonly missing: number;
  /** Whether the position where the list continues is too long for a cursor. */
  readonly uncarried: boolean;
}

/** A list without a problem so far. */
export const noGaps: ListGaps = {
  ...{ unread: 0, withoutState: [], unanswered: {}, repeated: 0, missing: 0 },
  ...{ unfinished: false, shifted: false, stuck: false, endless: false, uncarried: false, unlisted: false },
};

/** A list, as far as it was read. */
export interface ListSeen {
  readonly connection: Connection;
  readonly gaps: ListGaps;
  readonly progress: ListProgress;
}

/** What is missing from the answer about one connection's jobs, with the reasons. */
export function unavailableIn({ connection, gaps, progress }: ListSeen): Unavailable[] {
  const { adapter, name: provider } = connection;
  const { displayName } = adapter;
  const far = {
    ...(progress.read > 0 && { read: progress.read }),
    ...(progress.oldest && { seen_until: progress.oldest }),
  };
  const { failure, unread, withoutState, unanswered, missing } = gaps;
  const inconsistent = (is: boolean, message: string) =>
    is ? [{ provider, code: 'list_inconsistent' as const, ...far, message }] : [];
  const unfinished = (is: boolean, message: string) =>
    is ? [{ provider, code: 'list_unfinished' as const, ...far, message }] : [];
  return [
    ...(gaps.unlisted
      ? [{ provider, code: 'list_unsupported' as const, message: noListMessage(adapter, provider) }]
      : []),
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
    ...unansweredFilters.flatMap((filter) => {
      const { [filter]: unjudged = 0 } = unanswered;
      const message = unansweredMessage(filter, unjudged, adapter);
      return unjudged > 0 ? [{ provider, code: 'filter_unanswered' as const, unjudged, message }] : [];
    }),
    ...unfinished(gaps.unfinished, unfinishedMessage(progress, displayName)),
    ...unfinished(gaps.uncarried, uncarriedMessage(progress, displayName)),
    ...inconsistent(gaps.shifted || gaps.repeated > 0, shiftedMessage(gaps.repeated, displayName)),
    ...inconsistent(gaps.stuck, stuckMessage(progress, displayName)),
    ...inconsistent(gaps.endless, endlessMessage(progress, displayName)),
    ...inconsistent(missing > 0, missingMessage(missing, displayName)),
  ];
}
