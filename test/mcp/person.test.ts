import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { Elicitation } from '../../mcp/elicitation.ts';

const patienceMs = 60;
const yes: ElicitResult = { action: 'accept', content: { confirm: true } };

/** A person behind the SDK's own client, whose answers `answer` gives. */
async function personBehind(answer: (message: string) => Promise<ElicitResult>, capable = true) {
  const server = new Server({ name: 'calloff', version: '0' }, { capabilities: {} });
  const client = new Client(
    { name: 'host', version: '0' },
    { capabilities: capable ? { elicitation: {} } : {} },
  );
  if (capable) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message));
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(one), client.connect(other)]);
  const late: string[] = [];
  const person = new Elicitation(server, { patienceMs });
  const ask = (question: string, signal = new AbortController().signal) =>
    person.ask(question, { signal, onLateYes: async () => void late.push(question) });
  return { ask, late, close: () => client.close() };
}

describe('the person behind a client', () => {
  it.each([
    [yes, 'agreed'],
    [{ action: 'accept', content: { confirm: false } }, 'declined'],
    [{ action: 'decline' }, 'declined'],
    [{ action: 'cancel' }, 'no_answer'],
  ] as const)('by %j said: %s', async (answer, verdict) => {
    const { ask, late, close } = await personBehind(async () => answer);
    expect(await ask('May I?')).toBe(verdict);
    expect(late).toEqual([]);
    await close();
  });

  it('has not been asked, if the client breaks over the question or cannot ask', async () => {
    const broken = await personBehind(async () => {
      throw new Error('no window');
    });
    expect(await broken.ask('May I?')).toBe('failed');
    const mute = await personBehind(async () => yes, false);
    expect(await mute.ask('May I?')).toBe('unavailable');
    await Promise.all([broken.close(), mute.close()]);
  });

  it('who answers after the time of the call has confirmed by a yes, and by nothing else', async () => {
    const { promise, resolve } = Promise.withResolvers<ElicitResult>();
    const { ask, late, close } = await personBehind(() => promise);
    expect(await ask('first')).toBe('no_answer');
    // The first question is still open: nothing else is put to the person meanwhile.
    expect(await ask('second')).toBe('no_answer');
    expect(late).toEqual([]);
    resolve(yes);
    await expect.poll(() => late).toEqual(['first']);
    expect(await ask('third')).toBe('agreed');
    expect(late).toEqual(['first']);
    await close();
  });

  it('who says no late is not asked again for a while, and nothing is confirmed', async () => {
    const { promise, resolve } = Promise.withResolvers<ElicitResult>();
    const { ask, late, close } = await personBehind(() => promise);
    expect(await ask('first')).toBe('no_answer');
    resolve({ action: 'decline' });
    await expect.poll(() => ask('second')).toBe('cooldown');
    expect(late).toEqual([]);
    await close();
  });

  it('is not bothered with a question that was taken back', async () => {
    const { promise, resolve } = Promise.withResolvers<ElicitResult>();
    const { ask, late, close } = await personBehind(() => promise);
    const call = new AbortController();
    const verdict = ask('first', call.signal);
    call.abort();
    expect(await verdict).toBe('no_answer');
    resolve(yes);
    expect(await ask('second')).toBe('agreed');
    expect(late).toEqual([]);
    await close();
  });
});
