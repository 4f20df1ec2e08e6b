import { describe, expect, test } from 'vitest';
import { deliverDue } from '../../shared/webhooks/deliver-due.ts';
import { EmbeddedSender } from '../../shared/webhooks/embedded-sender.ts';
import { enqueue, type WebhookParts } from '../../shared/webhooks/enqueue.ts';
import { cameBack, finished, webhookHarness } from './support.ts';

function senderOf(parts: WebhookParts): EmbeddedSender {
  return new EmbeddedSender(parts.clock, (signal) => deliverDue(parts, signal));
}

describe('the sender of a process that lives on', () => {
  test('sends what is stored when it starts, when it is rung, and what another process stores', async () => {
    const { parts, clock, messages } = webhookHarness();
    await enqueue(parts, finished());
    const sender = senderOf(parts);
    sender.start();
    await clock.turn(0);
    expect(messages).toHaveLength(1);
    await enqueue(parts, cameBack('job-1'));
    sender.ring();
    await clock.turn(0);
    expect(messages).toHaveLength(2);
    await enqueue(parts, cameBack('job-2'));
    await clock.turn(29_000);
    expect(messages).toHaveLength(2);
    await clock.turn(1_000);
    expect(messages).toHaveLength(3);
    await sender.stop();
    expect(clock.pending).toBe(0);
  });

  test('comes again when an attempt is due', async () => {
    const { parts, clock, messages } = webhookHarness({
      answer: async () => new Response(null, { status: 500 }),
    });
    await enqueue(parts, finished());
    const sender = senderOf(parts);
    sender.start();
    await clock.turn(330_000);
    expect(messages).toHaveLength(3);
    await sender.stop();
  });

  test('comes again after 15 s to a receiver that it has left alone', async () => {
    const { parts, clock, messages } = webhookHarness({
      answer: async () => new Response(null, { status: 500 }),
    });
    for (let job = 0; job < 20; job += 1) await enqueue(parts, cameBack(`job-${job}`));
    const sender = senderOf(parts);
    sender.start();
    await clock.turn(14_999);
    const { length } = messages;
    await clock.turn(1);
    expect(messages.length).toBeGreaterThan(length);
    await sender.stop();
  });

  test('sends at its end what was stored last, and can be started again', async () => {
    const { parts, clock, messages } = webhookHarness();
    const sender = senderOf(parts);
    await sender.finish();
    for (const job of ['job-1', 'job-2']) {
      sender.start();
      await clock.turn(10);
      await enqueue(parts, cameBack(job));
      await clock.until(sender.finish());
      expect([messages.at(-1)?.body.includes(job), clock.pending]).toEqual([true, 0]);
    }
    expect(messages).toHaveLength(2);
  });

  test('begins nothing after it was stopped, and waits for what is under way', async () => {
    const waiting: (() => void)[] = [];
    const { parts, clock, messages } = webhookHarness({
      answer: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve(new Response(null, { status: 204 })));
        }),
    });
    for (let job = 0; job < 9; job += 1) await enqueue(parts, cameBack(`job-${job}`));
    const sender = senderOf(parts);
    sender.start();
    await clock.turn(0);
    let isStopped = false;
    const stopping = sender.stop().then(() => {
      isStopped = true;
    });
    await clock.turn(9_000);
    expect([messages.length, isStopped]).toEqual([4, false]);
    for (const answer of waiting) answer();
    await clock.turn(1_000);
    await stopping;
    expect(messages).toHaveLength(4);
  });
});
