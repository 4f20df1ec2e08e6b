import { Approvals } from '../../shared/access/confirmation/approvals.ts';
import type { Confirmation } from '../../shared/access/confirmation/types.ts';
import { pageLink } from '../../shared/contract/page-link.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { howInWords } from '../../shared/messages/consent.ts';
import { operationConfirmationNote } from '../../shared/messages/operation-request.ts';
import type { Store } from '../../shared/store/store.ts';
import type { SendAnnouncement } from '../../shared/webhooks/announcements.ts';
import { post } from '../../shared/webhooks/post.ts';
import { announcementCard } from './cards/confirmation-card.ts';
import type { SlackMessage } from './cards/message.ts';

/** What tells a channel of confirmations. */
export interface AnnouncementParts {
  /** The app's incoming webhook: a secret, because anyone who has it may write to the channel. It is never logged. */
  readonly url: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Where the page for people is, if it is known. */
  readonly publicUrl?: URL | undefined;
}

/** Posts the question about a confirmation to the channel of the app's incoming webhook, if it still waits. */
export function announcer({ url, store, clock, fetch, publicUrl }: AnnouncementParts): SendAnnouncement {
  const approvals = new Approvals(store, clock);
  return async (id) => {
    const asked = await approvals.show(id);
    if (asked?.state !== 'pending') return 'useless';
    const page = publicUrl && pageLink(publicUrl, { view: 'waiting', confirmation: id });
    const { text, blocks } = questionOf(asked, clock.wallTime(), page);
    return post(url, JSON.stringify({ text, blocks }), { fetch, clock, headers: {} });
  };
}

function questionOf(
  { id: confirmation, caller, jobs, operation, how, expiresAt }: Confirmation,
  now: number,
  page: string | undefined,
): SlackMessage {
  const note = operation === undefined ? [] : [operationConfirmationNote(operation.jobs)];
  return announcementCard({
    ...{ confirmation, expiresAt, now, page, askedBy: caller, reason: how.reason },
    jobs: jobs.map((job) => ({ ...job, state: job.state ?? 'unknown' })),
    count: operation?.jobs,
    how: [...note, ...howInWords(how)],
  });
}
