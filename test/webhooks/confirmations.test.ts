import { describe, expect, test } from 'vitest';
import { readAuditPage } from '../../shared/access/audit/reader.ts';
import type { ConfirmationAsked } from '../../shared/access/confirmation/types.ts';
import { webhookEventSchema } from '../../shared/contract/answers/webhook-event.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { deliverAnnouncements, type SendAnnouncement } from '../../shared/webhooks/announcements.ts';
import { deliverDue } from '../../shared/webhooks/deliver-due.ts';
import { tellOfConfirmation } from '../../shared/webhooks/tell-of-confirmation.ts';
import { webhookHarness } from './support.ts';

const hourMs = 3_600_000;

function harnessFor(hasSlack = true, terms: Parameters<typeof webhookHarness>[0] = {}) {
  const harness = webhookHarness(terms);
  const { clock, parts } = harness;
  const requestedAt = clock.wallTime();
  const asked: ConfirmationAsked = {
    ...{ confirmation: 'abcdefghjk', caller: 'night-agent', counts: { sutro: 3, ionq: 1 } },
    ...{ requestedAt, expiresAt: requestedAt + hourMs },
  };
  const tell = (more: Partial<ConfirmationAsked> = {}) =>
    tellOfConfirmation({ ...parts, hasSlack: async () => hasSlack }, { ...asked, ...more });
  const live = () =>
    [...harness.memory.values]
      .filter(([, { expiresAt }]) => expiresAt > clock.wallTime())
      .map(([key]) => key);
  return { ...harness, tell, asked, live };
}

describe('the event that a confirmation waits', () => {
  test('has the documented body: ids, counts, times and links, and nothing that others wrote', async () => {
    const { tell, parts, messages, asked } = harnessFor();
    await tell({ operation: 'op_1' });
    await deliverDue(parts);
    const requested_at = new Date(asked.requestedAt).toISOString();
    const event = webhookEventSchema.parse(JSON.parse(messages[0]?.body ?? ''));
    expect(event).toEqual({
      type: 'confirmation.requested',
      timestamp: requested_at,
      data: {
        confirmation: 'abcdefghjk',
        caller: 'night-agent',
        jobs: 4,
        providers: [
          { provider: 'sutro', jobs: 3 },
          { provider: 'ionq', jobs: 1 },
        ],
        operation: 'op_1',
        requested_at,
        expires_at: new Date(asked.expiresAt).toISOString(),
        link: '/v1/confirmations/abcdefghjk',
      },
    });
  });

  test('has the address of the page if it is known', async () => {
    const { tell, parts, messages } = harnessFor();
    Object.assign(parts, { publicUrl: new URL('https://jobs.example.org/calloff/') });
    await tell();
    await deliverDue(parts);
    expect(JSON.parse(messages[0]?.body ?? '')).toMatchObject({
      data: { page: 'https://jobs.example.org/calloff/?view=waiting#abcdefghjk' },
    });
  });

  test('is tried again, and of no use once the confirmation has expired', async () => {
    const { tell, parts, messages, clock, live } = harnessFor(false, {
      answer: async () => new Response(null, { status: 500 }),
    });
    await tell();
    for (let passes = 0; passes < 30; passes += 1) {
      const { nextAt } = await deliverDue(parts);
      if (nextAt === undefined) break;
      await clock.turn(Math.max(0, nextAt - clock.wallTime()));
    }
    // At once, after 30 s, 5 min and 30 min; the next would come after its end.
    expect(messages).toHaveLength(4);
    expect(live()).toEqual([]);
  });
});

describe('a message to Slack about a confirmation', () => {
  const sent: string[] = [];
  const through =
    (send: SendAnnouncement): (() => Promise<SendAnnouncement>) =>
    async () =>
    async (id) => {
      sent.push(id);
      return send(id);
    };

  test('is sent once, though two processes look, and leaves nothing in the store', async () => {
    sent.length = 0;
    const { tell, parts, live } = harnessFor();
    await tell();
    await tell();
    const way = through(async () => ({ ok: true, status: 200 }));
    await Promise.all([deliverAnnouncements(parts, way), deliverAnnouncements(parts, way)]);
    expect(sent).toEqual(['abcdefghjk']);
    expect(live().filter((key) => key.startsWith('slack'))).toEqual([]);
  });

  test('is tried again if Slack does not take it, which is in the audit', async () => {
    sent.length = 0;
    const { tell, parts, clock, store } = harnessFor();
    await tell();
    const first = await deliverAnnouncements(
      parts,
      through(async () => ({ ok: false, status: 503 })),
    );
    expect(first).toMatchObject({ failed: 1, nextAt: clock.wallTime() + 30_000 });
    await clock.turn(30_000);
    const second = await deliverAnnouncements(
      parts,
      through(async () => ({ ok: true, status: 200 })),
    );
    expect([second.delivered, sent]).toEqual([1, ['abcdefghjk', 'abcdefghjk']]);
    const { entries } = await readAuditPage(store, clock, { from: 0, to: clock.wallTime(), limit: 10 });
    expect(entries).toMatchObject([
      {
        action: 'notify',
        confirmation: 'abcdefghjk',
        webhook: { event: 'confirmation.requested', result: 'failed', attempts: 1, status: 503 },
      },
    ]);
  });

  test('is left out if the confirmation waits no more, and is forgotten when it expires', async () => {
    const { tell, parts, clock, live } = harnessFor();
    await tell();
    expect(await deliverAnnouncements(parts, async () => undefined)).toEqual({ delivered: 0, failed: 0 });
    expect(live().some((key) => key.startsWith('slack'))).toBe(true);
    expect(await deliverAnnouncements(parts, async () => async () => 'useless')).toEqual({
      delivered: 0,
      failed: 0,
    });
    expect(live().some((key) => key.startsWith('slack'))).toBe(false);
    await tell({ confirmation: 'bbbbbbbbbb' });
    await clock.turn(hourMs);
    expect(live()).toEqual([]);
  });

  test('is stored only if Slack is set up, and a store that fails breaks nothing', async () => {
    const without = harnessFor(false);
    await without.tell();
    expect(without.live().filter((key) => key.startsWith('slack'))).toEqual([]);
    const broken = harnessFor(true, {
      breaking: (store) => ({
        ...store,
        put: () => Promise.reject(new StoreUnavailableError('the disk is full', 'SQLITE_FULL')),
      }),
    });
    await broken.tell();
    expect(broken.logged.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['webhook_not_queued', 'slack_announcement_not_queued']),
    );
  });
});
