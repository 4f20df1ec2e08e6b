import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { button, header, layOut, limits, section } from '../../functions/slack/cards/blocks.ts';
import { agentConfirmationCard, confirmationCard } from '../../functions/slack/cards/confirmation-card.ts';
import {
  inCode,
  inPlain,
  inProse,
  mention,
  truncate,
  truncateMarkup,
} from '../../functions/slack/cards/escape.ts';
import { listCard } from '../../functions/slack/cards/list-card.ts';
import type { SlackMessage } from '../../functions/slack/cards/message.ts';
import * as notices from '../../functions/slack/cards/notices.ts';
import { operationCard, operationsCard } from '../../functions/slack/cards/operation-card.ts';
import { outcomeMessage } from '../../functions/slack/cards/outcome-message.ts';
import { actionIds, ticketValue } from '../../functions/slack/inbound/actions.ts';
import { jobsInWords } from '../../functions/slack/wording/outcomes.ts';
import type { JobView } from '../../shared/contract/answers/job-schema.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { operationStates } from '../../shared/contract/operations.ts';
import { codeNames, countOutcomes, outcomeNames, states } from '../../shared/contract/outcome.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { markupHtml } from '../support/slack/block-kit-html.ts';
import { brokenLimits, buttonsOf, liveMarkup, textsOf } from '../support/slack/limits.ts';
import { pictureTime as now, sampleJob, sampleMessages, sampleOutcome } from '../support/slack/samples.ts';
import { runs } from '../support/thorough.ts';

const hostile = [
  ...[
    '<!channel>',
    '<@U123>',
    '<#C123|jobs>',
    '<https://evil.example|click>',
    '<!here|x>',
    '&lt;!channel&gt;',
  ],
  ...[
    '*bold* _italic_ ~struck~',
    '`code` ```block```',
    '> quote',
    ':fire:',
    '@here #general',
    '&amp;lt;',
    '<',
    '&',
    '`',
  ],
  ...[
    'line\nbreak',
    '\u202eevil',
    '\u0000\u0007',
    '\ud83d',
    'x'.repeat(4_000),
    '<'.repeat(3_000),
    '\u{1f680}'.repeat(2_000),
  ],
  ...['', ' ', '\u200b'],
];
const text = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: anyCharacter, maxLength: 300 }),
  fc.array(fc.constantFrom(...hostile), { maxLength: 5 }).map((parts) => parts.join(' ')),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const outcome: fc.Arbitrary<Outcome> = fc
  .record({
    ...{
      provider: text,
      job_id: text,
      outcome: fc.constantFrom(...outcomeNames),
      state: fc.constantFrom(...states),
    },
    ...{ code: maybe(fc.constantFrom(...codeNames)), retryable: fc.boolean(), message: text },
    ...{
      next_step: maybe(text),
      billing_note: maybe(text),
      age: maybe(text),
      after: maybe(fc.double()),
    },
  })
  .map(({ code, next_step, billing_note, age, after, ...rest }) => ({
    ...rest,
    ...(code === undefined ? {} : { code }),
    ...(next_step === undefined ? {} : { next_step }),
    ...(billing_note === undefined ? {} : { billing_note }),
    ...(age === undefined ? {} : { details: { created_at: age } }),
    ...(after === undefined ? {} : { retry_after_seconds: after }),
    evidence: { source: 'none', provider_status: null, observed_at: null },
  }));
const job: fc.Arbitrary<JobView> = fc
  .record({
    provider: text,
    job_id: text,
    state: fc.constantFrom(...states),
    name: maybe(text),
    created_at: maybe(text),
  })
  .map(({ name, created_at, ...rest }) =>
    sampleJob({
      ...rest,
      ...(name === undefined ? {} : { name }),
      ...(created_at === undefined ? {} : { created_at }),
    }),
  );

const operation: fc.Arbitrary<OperationView> = fc.record({
  ...{ id: fc.string({ minLength: 1, maxLength: 100 }), state: fc.constantFrom(...operationStates) },
  ...{ caller: text, reason: text, created_at: text, message: text, next_step: text },
  ...{ follow_hours: fc.nat(), jobs: fc.nat(), duplicates: fc.nat(), pending: fc.nat(), came_back: fc.nat() },
  not_checked_again: fc.nat(),
  counts: fc.constant({ ...countOutcomes([]), cancelled: 12_345, failed: 1 }),
  providers: fc.array(
    fc.record({
      provider: text,
      jobs: fc.nat(),
      pending: fc.nat(),
      held_up: text,
      counts: fc.constant(countOutcomes([])),
    }),
    { maxLength: 9 },
  ),
});

/** A list of any length up to 5,000, made of a few different members. */
function many<T>(member: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc
    .tuple(
      fc.array(member, { minLength: 1, maxLength: 8 }),
      fc.oneof(fc.nat(60), fc.nat(60), fc.nat(60), fc.nat(5_000)),
    )
    .map(([members, count]) => Array.from({ length: count }, (_, index) => members[index % members.length]))
    .map((list) => list.filter((entry) => entry !== undefined));
}

/** Every card there is, over anything it may be given. */
const anyMessage: fc.Arbitrary<SlackMessage> = fc.oneof(
  fc
    .record({
      outcomes: many(outcome),
      by: maybe(text),
      reason: maybe(text),
      requestId: maybe(text),
    })
    .map(({ outcomes, by, requestId, ...told }) =>
      outcomeMessage(outcomes, {
        ...told,
        ...(by === undefined ? {} : { by }),
        ...(requestId === undefined ? {} : { requestId }),
        now,
      }),
    ),
  fc.record({ jobs: many(job), message: text, count: fc.nat(20) }).map(({ jobs, message, count }) => {
    const missing = { provider: message, code: 'rate_limited' as const, message };
    return listCard({ jobs, unavailable: Array(count).fill(missing), next_cursor: message || null }, now);
  }),
  fc
    .record({
      jobs: many(job),
      reason: maybe(fc.string({ unit: anyCharacter, maxLength: 200 })),
      ticket: fc.string({ minLength: 1, maxLength: 200 }),
    })
    .map((question) => confirmationCard({ ...question, now, expiresAt: now + 300_000 })),
  fc
    .record({
      jobs: many(job),
      reason: maybe(text),
      askedBy: text,
      confirmation: fc.string({ minLength: 1 }),
    })
    .map((question) => agentConfirmationCard({ ...question, now, expiresAt: now })),
  fc.tuple(many(operation), fc.boolean()).map(([views, may]) => {
    const [view] = views;
    const told = { now, mayResume: () => may };
    return view !== undefined && views.length < 9
      ? operationCard(view, told)
      : operationsCard(views, may, told);
  }),
  text.map((user) => notices.leftNotice(user)),
  fc.array(text).map((names) => notices.helpCard(names)),
  many(text).map((words) =>
    notices.faultCard(words.map((word) => ({ code: 'misspelt_provider', word, nearest: word }))),
  ),
  many(text).map((reasons) => notices.refusalNotice(reasons.map((reason) => inProse(reason)))),
  text.map((user) => notices.keptNotice(user)),
);

describe('every message', () => {
  it('keeps within the limits of Slack, whatever it is about and however much of it', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(brokenLimits(message)).toEqual([]);
      }),
      { numRuns: runs(200, 20) },
    );
  });

  it('has no mention, no link and no command, for any name', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const mentions = liveMarkup(message).filter((found) => !/^<@[UW][A-Z0-9]{1,30}>$/.test(found));
        expect(mentions).toEqual([]);
        expect(message.text).not.toMatch(/[<>@]/);
      }),
      { numRuns: runs(200, 20) },
    );
  });

  it('has Slack look for no links or names of its own accord', () => {
    for (const message of Object.values(sampleMessages())) {
      const lax = JSON.stringify(message.blocks).match(/"type":"mrkdwn"(?![^}]*"verbatim":true)/g);
      expect(lax).toBeNull();
    }
  });
});

/** All that a reader sees, block by block. */
function shown({ blocks }: SlackMessage): string[] {
  return textsOf(blocks).map((found) => found.text);
}

const running = sampleJob({
  provider: 'sutro',
  job_id: 'job-1',
  name: 'a *bold* `name`',
  created_at: '2026-11-22T11:12:00Z',
});
const done = sampleJob({ provider: 'ionworks', job_id: 'job-2', state: 'completed' });

describe('the message about outcomes', () => {
  const cancelled = sampleOutcome({
    provider: 'sutro',
    job_id: 'job-1',
    outcome: 'cancelled',
    state: 'cancelled',
  });
  const unknown = sampleOutcome({ provider: 'ionq', job_id: 'job-3', outcome: 'unknown', state: 'running' });

  it('shows of one job its outcome, provider, id, age, and what it may cost', () => {
    const message = outcomeMessage([{ ...cancelled, details: { created_at: '2026-11-22T11:12:00Z' } }], {
      now,
    });
    expect(shown(message)).toEqual([
      `■ *Cancelled* · sutro · \`job-1\` · 3 h old\n${cancelled.message}`,
      cancelled.billing_note,
    ]);
    expect(message).toMatchObject({ response_type: 'ephemeral', text: 'calloff: 1 job: 1 cancelled.' });
  });

  it('says what to do next, and when', () => {
    const message = outcomeMessage([{ ...unknown, retry_after_seconds: 30 }], { now });
    expect(shown(message)[0]).toContain(
      'Check the status of the job first. If it is still running, send the cancel again. Try again in 30 s.',
    );
  });

  it('has a line for each of a few, in the order asked, and says once what is true of several', () => {
    const message = outcomeMessage([cancelled, unknown, { ...cancelled, job_id: 'job-4' }], { now });
    const [title, lines, ...notes] = shown(message);
    expect(title).toBe('*3 jobs: 2 cancelled, 1 may or may not be cancelled.*');
    expect(lines?.split('\n').map((line) => /`(.*)`/.exec(line)?.[1])).toEqual(['job-1', 'job-3', 'job-4']);
    expect(notes).toEqual([
      `${unknown.message} ${unknown.next_step}`,
      cancelled.billing_note,
      unknown.billing_note,
    ]);
  });

  it('has a count, the exceptions and a pointer for many', () => {
    const list = Array.from({ length: 5_000 }, (_, index) =>
      index % 2_000 === 3 ? { ...unknown, job_id: `odd-${index}` } : { ...cancelled, job_id: `job-${index}` },
    );
    const [title, lines, ...rest] = shown(outcomeMessage(list, { now, requestId: 'req-1' }));
    expect(title).toBe('*5,000 jobs: 4,997 cancelled, 3 may or may not be cancelled.*');
    expect(lines?.split('\n').map((line) => /`(.*)`/.exec(line)?.[1])).toEqual([
      'odd-3',
      'odd-2003',
      'odd-4003',
    ]);
    expect(rest.at(-1)).toContain('under `req-1`');
    expect(rest.join()).not.toContain('job-');
  });

  it('says how many exceptions do not fit', () => {
    const list = Array.from({ length: 5_000 }, (_, index) => ({ ...unknown, job_id: `odd-${index}` }));
    const texts = shown(outcomeMessage(list, { now }));
    const named = texts.join('\n').match(/`odd-\d+`/g)?.length ?? 0;
    expect(named).toBeGreaterThan(50);
    expect(texts).toContain(`… and ${(5_000 - named).toLocaleString('en')} more.`);
  });

  it('names the person and the reason in the channel, where that is wanted', () => {
    const message = outcomeMessage([cancelled], {
      now,
      by: 'U0MAYA',
      reason: 'because of <!here>',
      inChannel: true,
    });
    expect(shown(message).at(-1)).toBe('Called off by <@U0MAYA> · Because: `because of &lt;!here&gt;`');
    expect(message.response_type).toBe('in_channel');
  });

  it('is made even of nothing', () => {
    expect(shown(outcomeMessage([], { now }))).toEqual(['*No job was named.*']);
  });
});

describe('the list', () => {
  it('has a button for every job that is not over, which carries its connection and id only', () => {
    const card = listCard({ jobs: [running, done], unavailable: [], next_cursor: null }, now);
    const value = JSON.stringify({ provider: 'sutro', job_id: 'job-1' });
    expect(buttonsOf(card)).toEqual([{ action_id: actionIds.stop, value }]);
    expect(shown(card)).toContain('ionworks · `job-2` · ✓\u00a0completed');
    expect(shown(card)).toContain('Call off this job?');
  });

  it('says whose a job is, what it runs on, its labels and its cost, as text of others', () => {
    const told = {
      ...{ owner: '<!here> ada', target: '*qpu*', labels: { team: 'ml', env: '`x`' } },
      cost: { amount: 1.5, currency: 'USD' },
    };
    const card = listCard({ jobs: [{ ...running, ...told }], unavailable: [], next_cursor: null }, now);
    const line = shown(card).find((text) => text.startsWith('sutro'));
    expect(line).toContain("by `&lt;!here&gt; ada` · on `*qpu*` · `team=ml, env='x'` · 1.5 USD");
    expect(liveMarkup(card)).toEqual([]);
  });

  it('says what is missing: providers that could not be asked, jobs that do not fit, pages that follow', () => {
    const jobs = Array.from({ length: 200 }, (_, index) => ({ ...running, job_id: `job-${index}` }));
    const unavailable = [
      { provider: 'ionq', code: 'rate_limited' as const, message: 'IonQ limits how often it may be asked.' },
    ];
    const texts = shown(listCard({ jobs, unavailable, next_cursor: 'more' }, now)).join('\n');
    expect(texts).toMatch(/… and 1\d\d more\./);
    expect(texts).toContain('There are more jobs than one list holds.');
    expect(texts).toContain('IonQ limits how often it may be asked.');
  });

  it('counts what the dialogs behind its buttons say into the length of the message', () => {
    const jobs = Array.from({ length: 60 }, (_, index) => ({
      ...running,
      job_id: `${index}-`.padEnd(200, 'x'),
    }));
    const card = listCard({ jobs, unavailable: [], next_cursor: null }, now);
    expect(brokenLimits(card)).toEqual([]);
    expect(buttonsOf(card).length).toBeGreaterThan(10);
  });

  it('says that there is nothing', () => {
    expect(shown(listCard({ jobs: [], unavailable: [], next_cursor: null }, now))).toEqual([
      'No jobs',
      'No jobs match.',
    ]);
  });

  it('does not say so if a provider could not be asked', () => {
    const message = 'The jobs at Sutro could not all be listed.';
    const unavailable = [{ provider: 'sutro', code: 'provider_unavailable' as const, message }];
    const card = listCard({ jobs: [], unavailable, next_cursor: null }, now);
    expect([card.text, ...shown(card)]).toEqual([
      'calloff: No jobs could be read',
      'No jobs could be read',
      'Jobs that calloff could not read may be running. Try again, or ask for one provider and one state.',
      message,
    ]);
  });

  it('names the command that shows the jobs that have ended', () => {
    const hidden = { count: 2, command: '/calloff list ionq completed older than 1d' };
    const texts = shown(listCard({ jobs: [running], unavailable: [], next_cursor: null }, now, hidden));
    expect(texts).toContain(
      '2 jobs have ended and are hidden. `/calloff list ionq completed older than 1d` shows them.',
    );
  });

  it('says how many reasons it does not have room for', () => {
    const unavailable = Array.from({ length: 9 }, (_, index) => ({
      ...{ provider: `sutro-${index}`, code: 'list_unfinished' as const, message: `Reason ${index}.` },
    }));
    const texts = shown(listCard({ jobs: [running], unavailable, next_cursor: null }, now));
    expect(texts).toContain('Reason 5.');
    expect(texts).toContain('… and 3 more reasons why jobs may be missing.');
  });

  it('has no button for an id that no button can carry', () => {
    const card = listCard(
      { jobs: [{ ...running, job_id: 'x'.repeat(2_000) }], unavailable: [], next_cursor: null },
      now,
    );
    expect(buttonsOf(card)).toEqual([]);
  });
});

describe('the question before many jobs', () => {
  const question = { jobs: [running, done], now, expiresAt: now + 300_000, reason: 'wrong mesh' };

  it('names every job with its state, counts those that run, and carries its ticket whole', () => {
    const ticket = 't'.repeat(200);
    const value = ticketValue({ ticket, reason: 'wrong mesh' });
    const card = confirmationCard({ ...question, ticket });
    expect(buttonsOf(card)).toEqual([
      { action_id: actionIds.confirm, value },
      { action_id: actionIds.keep, value },
    ]);
    const texts = shown(card);
    expect(texts).toContain('Call off 1 job');
    expect(texts).toContain('Keep running');
    expect(texts.join('\n')).toContain('• ionworks · `job-2` · ✓\u00a0completed');
    expect(texts.at(-1)).toBe('Valid once, until 14:18 UTC, and only for you in this channel.');
    expect(JSON.stringify(card)).toContain('"style":"danger"');
  });

  it('says so where an agent asks, and which confirmation it is', () => {
    const card = agentConfirmationCard({ ...question, confirmation: 'cf_1', askedBy: '<!channel>' });
    expect(buttonsOf(card).map(({ action_id }) => action_id)).toEqual([actionIds.approve, actionIds.decline]);
    expect(shown(card)[0]).toContain('*Agree to call off 1 job?*\nAsked for by `&lt;!channel&gt;`.');
    expect(shown(card).at(-1)).toBe('Valid once, until 14:18 UTC: `cf_1`.');
  });

  it('does not say that the jobs stop where a person agrees to a request of an agent: agreeing calls off nothing', () => {
    const card = agentConfirmationCard({ ...question, confirmation: 'cf_1', askedBy: 'robin' });
    const json = JSON.stringify(card);
    expect(json).not.toContain('The jobs stop');
    expect(json).not.toContain('"Call off');
    expect(shown(card).join('\n')).toContain(
      'Agree to call off 1 job?\nThat calls off nothing by itself: `robin` may then do so, once.\nAgree\nKeep running',
    );
    // A person's own yes does call them off, and says so.
    const own = JSON.stringify(confirmationCard({ ...question, ticket: 'cf_1.token' }));
    expect(own).toContain('The jobs stop and lose their unfinished work.');
  });

  it('says of an operation how many jobs it has, though it shows only the first', () => {
    const how = ['This is an operation with 30000 jobs.'];
    const asked = { ...question, confirmation: 'cf_1', askedBy: 'robin', how, count: 30_000 };
    const card = agentConfirmationCard(asked);
    expect(shown(card)[0]).toContain('*Agree to call off 30,000 jobs?*\nAsked for by `robin`.');
    expect(shown(card)[0]).toContain('This is an operation with 30000 jobs.');
  });

  it.each(['', 'x'.repeat(201)])(
    'is never asked with a ticket that Slack would cut or drop (%#)',
    (ticket) => {
      expect(() => confirmationCard({ ...question, ticket })).toThrow(RangeError);
    },
  );

  it('is replaced by the outcome', () => {
    const closed = [notices.answeredNotice(), notices.keptNotice('U0MAYA'), notices.expiredNotice()];
    expect(closed.map(({ replace_original }) => replace_original)).toEqual([true, true, true]);
    expect(closed.flatMap(buttonsOf)).toEqual([]);
    expect(closed.map((message) => shown(message)[0])).toEqual([
      'You answered yes. The result follows.',
      '<@U0MAYA> chose to keep the jobs running. Nothing was sent.',
      'This question has expired, has been answered, or was for someone else. Nothing more was sent. Check `/calloff list` before you try again.',
    ]);
  });
});

describe('a refusal', () => {
  it('words every fault of a command', () => {
    const card = notices.faultCard([
      { code: 'unknown_word', word: 'promtloop', nearest: 'promptloop' },
      { code: 'unknown_word', word: '<!here>' },
      { code: 'no_jobs', word: 'sutro' },
      { code: 'unexpected_word', word: 'two' },
      { code: 'mention', word: '<@U123>' },
      { code: 'reason_missing' },
    ]);
    expect(shown(card)[1]?.split('\n')).toEqual([
      '• `promtloop` is neither a provider nor a command. Did you mean `promptloop`?',
      '• `&lt;!here&gt;` is neither a provider nor a command.',
      '• No job id follows `sutro`. Name at least one.',
      '• `two` is not expected here.',
      '• `&lt;@U123&gt;` is a person or a channel, not a job.',
      '• Write a reason after `because`.',
    ]);
  });

  it('may have any reasons, and help any connections', () => {
    expect(shown(notices.refusalNotice([inProse('No right to <this>.')]))).toContain(
      '• No right to &lt;this&gt;.',
    );
    expect(shown(notices.helpCard(['sutro', 'ionq'])).join()).toContain('`/calloff sutro JOB-ID`');
    expect(shown(notices.helpCard([])).join()).toContain('`/calloff PROVIDER JOB-ID`');
  });
});

describe('a name from others', () => {
  it('is read as it is, whatever it holds, on a line of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), (name) => {
        const seen = name
          .replace(/[\s\p{C}]+/gu, ' ')
          .replaceAll('`', "'")
          .trim();
        const html = markupHtml(inCode(name, 1_000));
        const whole = seen
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;');
        expect(html).toBe(`<code>${whole === '' ? '?' : whole}</code>`);
      }),
    );
  });

  it('formats nothing in plain text either', () => {
    expect(inPlain('*a* _b_ ~c~ `d` :fire: <!here>')).toBe('a b c d fire &lt;!here&gt;');
  });

  it('is a mention only where it is the id of a person', () => {
    expect(mention('U0MAYA')).toBe('<@U0MAYA>');
    expect(mention('!channel')).toBe('`!channel`');
    expect(mention('U1> <!channel')).toBe('`U1&gt; &lt;!channel`');
  });
});

describe('a text that is too long', () => {
  it('ends in an ellipsis, and in no half of anything', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('ab\u{1f680}cd', 4)).toBe('ab…');
    expect(truncate('abcd', 4)).toBe('abcd');
    expect(truncateMarkup('abc &amp; def', 8)).toBe('abc …');
    expect(truncateMarkup('abc <@U123> def', 10)).toBe('abc …');
    expect(truncateMarkup('abc `def` ghi', 9)).toBe('abc `de…`');
  });

  it('is never longer than allowed, and closes what it opened', () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 10, max: 400 }), (names, most) => {
        const cut = truncateMarkup(names.map((name) => inCode(name)).join(' · '), most);
        expect(cut.length).toBeLessThanOrEqual(most);
        expect(cut.split('`').length % 2).toBe(1);
        expect(cut).not.toMatch(/&(?!(amp|lt|gt);)|[<>]/);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the blocks', () => {
  it('cut what a person reads, and never what a button means', () => {
    expect(header('x'.repeat(200)).text.text).toHaveLength(limits.headerText);
    expect(section('x'.repeat(4_000)).text?.text).toHaveLength(limits.sectionText - 1);
    const long = button({ text: 'x'.repeat(100), action: 'a', value: 'v' });
    expect(long.text.text).toHaveLength(limits.buttonText);
  });

  it('join lines into as few sections as hold them, in order', () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({ markup: `${index}`.padEnd(90, '.') }));
    const blocks = layOut({ head: [], rows, more: jobsInWords, tail: [] });
    const lines = textsOf(blocks).flatMap((found) => found.text.split('\n'));
    expect(lines).toEqual(rows.map(({ markup }) => markup));
    expect(blocks).toHaveLength(4);
  });
});
