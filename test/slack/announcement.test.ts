import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { announcer } from '../../functions/slack/announcement.ts';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { parseSlackWebhookUrl } from '../../shared/config/values.ts';
import { mayAll, mayaOnSlack } from '../support/configuration.ts';
import { connectionsTo } from '../support/harness.ts';
import { openSlackHarness, type SlackHarness } from '../support/slack/harness.ts';
import { brokenLimits, buttonsOf, liveMarkup } from '../support/slack/limits.ts';
import { readMessage, shownIn } from '../support/slack/read-back.ts';

const url = 'https://hooks.slack.com/services/T111/B111/canary';
const may = { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 0 };
const configuration = {
  ...mayaOnSlack(),
  callers: {
    maya: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'W111' }], may: mayAll },
    bob: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'U222' }], may },
    agent: { kind: 'agent', may },
  },
};

let sandbox: Sandbox;
let harness: SlackHarness;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(() => harness.close());
afterAll(() => sandbox.close());

/** An agent asks to cancel jobs, and Slack gets the message about it. */
async function announced(count = 2, reason = 'too dear', publicUrl?: URL) {
  harness = await openSlackHarness({ connections: connectionsTo(sandbox), configuration });
  const { gateway, store, clock } = harness.parts;
  const current = await harness.parts.configuration.current();
  const caller = current === 'unreadable' ? undefined : current.callers.get('agent');
  if (caller === undefined) throw new Error('no agent');
  const jobs = sandbox.providers.sutro
    .addJobs(count, { state: 'running', name: '<!channel> *run*', settlesInMs: 0 })
    .map((job_id) => ({ provider: 'sutro', job_id }));
  const agent = { requestId: 'agent', caller, surface: 'mcp' as const };
  const cancel = () => gateway.cancelJobs({ jobs, reason }, agent);
  const asked = await cancel();
  const id = asked.ok ? (asked.value.confirmation?.id ?? '') : '';
  const posts: { readonly to: string; readonly body: unknown }[] = [];
  const send = announcer({
    ...{ url, store, clock, publicUrl },
    async fetch(to, init) {
      posts.push({ to: String(to), body: JSON.parse(String(init?.body)) });
      return new Response('ok');
    },
  });
  const posted = await send(id);
  return { id, jobs, cancel, posts, posted, send, card: posts[0]?.body };
}

describe('the message about a request that waits', () => {
  it('goes to the incoming webhook, with who asks, why, the jobs and the two buttons', async () => {
    const { id, jobs, posts, posted, card } = await announced();
    expect([posted, posts.map(({ to }) => to)]).toEqual([{ ok: true, status: 200 }, [url]]);
    const texts = shownIn(card).join('\n');
    expect(texts).toContain('*Agree to call off 2 jobs?*\nAsked for by `agent`.');
    expect(texts).toContain('Because: `too dear`');
    for (const { job_id } of jobs) expect(texts).toContain(`\`${job_id}\``);
    expect(texts).toContain(`\`/calloff confirm ${id}\` shows the jobs as they are now.`);
    expect(texts).toContain('Agree\n');
    expect(texts).toContain('Keep running');
    expect(buttonsOf(card)).toEqual([
      { action_id: actionIds.approve, value: id },
      { action_id: actionIds.decline, value: id },
    ]);
    expect(texts).not.toContain('Decide on the page');
  });

  it('has nothing live that others wrote, keeps the limits of Slack, and links to the page if that is known', async () => {
    const { card, id } = await announced(
      300,
      '<!here> <https://evil.example|x>',
      new URL('https://a.example/c/'),
    );
    const message = readMessage(card);
    expect(brokenLimits(message)).toEqual([]);
    expect(liveMarkup(message)).toEqual([`<https://a.example/c/?view=waiting#${id}|Decide on the page>`]);
    expect(shownIn(card).join('\n')).toContain('*Agree to call off 300 jobs?*');
  });

  it.each(['approve', 'decline'] as const)(
    'is answered by a person with the right, once, and then shows what was done: %s',
    async (kind) => {
      const { id, cancel, card, send, posts } = await announced();
      const button = buttonsOf(card).find(({ action_id }) => action_id === actionIds[kind]);
      if (button === undefined) throw new Error('no button');
      const stranger = await harness.press(button, { user: { id: 'U999', team_id: 'T111' } });
      expect(shownIn((await stranger.later())[0])[0]).toContain('calloff did nothing.');
      const bob = await harness.press(button, { user: { id: 'U222', team_id: 'T111' } });
      const [refused] = await bob.later();
      expect(refused).toMatchObject({ replace_original: false });
      expect(shownIn(refused).join()).toContain('does not allow you to confirm');
      const [told] = await (await harness.press(button)).later();
      expect(told).toMatchObject({ replace_original: true });
      const texts = shownIn(told);
      expect(texts[0]).toContain(kind === 'approve' ? '<@W111> agreed.' : '<@W111> did not agree.');
      expect(texts.at(-1)).toBe(`2 jobs · asked for by \`agent\` · \`${id}\``);
      expect(buttonsOf(told)).toEqual([]);
      expect(await cancel()).toMatchObject({
        value: { counts: kind === 'approve' ? { cancelled: 2 } : { refused: 2 } },
      });
      const before = posts.length;
      if (kind === 'approve') expect(await send(id)).toBe('useless');
      expect(posts).toHaveLength(before);
    },
  );

  it('loses its buttons when they can be answered no more', async () => {
    const { cancel, card } = await announced();
    const [agree] = buttonsOf(card);
    if (agree === undefined) throw new Error('no button');
    await (await harness.press(agree)).later();
    await cancel();
    const [told] = await (await harness.press(agree)).later();
    expect(told).toMatchObject({ replace_original: true });
    expect(buttonsOf(told)).toEqual([]);
  });

  it('is left out if nothing waits under the id', async () => {
    const { send, posts } = await announced();
    expect(await send('aaaaaaaaaa')).toBe('useless');
    expect(posts).toHaveLength(1);
  });
});

describe('the card of an operation', () => {
  it('links to its page if the address is known', async () => {
    harness = await openSlackHarness({
      connections: connectionsTo(sandbox),
      configuration,
      parts: { publicUrl: new URL('https://a.example/c/') },
    });
    const { gateway, configuration: source } = harness.parts;
    const current = await source.current();
    const caller = current === 'unreadable' ? undefined : current.callers.get('maya');
    if (caller === undefined) throw new Error('no maya');
    const [job_id = ''] = sandbox.providers.sutro.addJobs(1, { state: 'running', settlesInMs: 0 });
    const call = { requestId: 'maya', caller, surface: 'http' as const };
    const made = await gateway.createOperation({ jobs: [{ provider: 'sutro', job_id }] }, call);
    const id = made.ok ? made.value.id : '';
    const [card] = await (await harness.press({ action_id: actionIds.pause, value: id })).later();
    expect(shownIn(card).at(-1)).toBe(`<https://a.example/c/?view=operations&op=${id}|On the page>`);
  });
});

describe('the URL of the incoming webhook', () => {
  it.each([url, 'http://127.0.0.1:8080/services/x'])('may be %s', async (text) => {
    harness = await openSlackHarness({ connections: [] });
    expect(parseSlackWebhookUrl(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    'http://hooks.slack.com/services/x',
    'https://hooks.slack.com.evil.example/services/x',
    'https://hooks.slack.com:444/services/x',
    'https://me@hooks.slack.com/services/x',
    'https://evil.example/hooks.slack.com',
    'https://hooks.slack.com/services/x#y',
    'hooks.slack.com/services/x',
    '',
  ])('may not be %j, in a sentence that does not show it', async (text) => {
    harness = await openSlackHarness({ connections: [] });
    const read = parseSlackWebhookUrl(text);
    expect(read).toMatchObject({ ok: false });
    if (text !== '') expect(JSON.stringify(read)).not.toContain(text);
  });
});
