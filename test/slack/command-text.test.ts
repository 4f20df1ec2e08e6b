import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  type CommandFault,
  readCommandText,
} from '../../functions/slack/inbound/command-text.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { editDistance, suggest } from '../../shared/lib/suggest.ts';

const connections = ['ionq', 'promptloop', 'ionworks', 'sutro', 'ionq-research'];
const read = (text: string) => readCommandText(text, connections);
const uuid = '617a1f8b-59d4-435d-aa33-695433d7155e';

function cancel(...jobs: readonly string[]): Command {
  return {
    kind: 'cancel',
    jobs: jobs.map((job) => ({ provider: job.split('/')[0] ?? '', job_id: job.split('/')[1] ?? '' })),
  };
}

/** What is wrong with a command, by code. */
function codesOf(text: string): string[] {
  const command = read(text);
  return command.kind === 'fault' ? command.faults.map(({ code }) => code) : [];
}

function firstFault(text: string): CommandFault | undefined {
  const command = read(text);
  return command.kind === 'fault' ? command.faults[0] : undefined;
}

describe('a command to call off', () => {
  it.each<[string, Command]>([
    [`ionq ${uuid}`, cancel(`ionq/${uuid}`)],
    [`cancel ionq ${uuid}`, cancel(`ionq/${uuid}`)],
    ['stop sutro a', cancel('sutro/a')],
    ['sutro a b c', cancel('sutro/a', 'sutro/b', 'sutro/c')],
    ['sutro a promptloop b sutro c', cancel('sutro/a', 'promptloop/b', 'sutro/c')],
    ['sutro a a', cancel('sutro/a', 'sutro/a')],
    ['ionq-research x', cancel('ionq-research/x')],
  ])('names its jobs: %s', (text, command) => {
    expect(read(text)).toEqual(command);
  });

  it.each([
    ['quotes', '"sutro" "a" \'b\''],
    ['typographic quotes', '“sutro” „a‟ ‘b’'],
    ['angle quotes', '«sutro» ‹a› b'],
    ['backticks', '`sutro` `a` ```b```'],
    ['commas and semicolons', 'sutro: a, b;'.replace(':', '')],
    ['no space after a comma', 'sutro a,b'],
    ['spaces of other kinds', 'sutro\u00a0a\u202f\u3000b'],
    ['line breaks and tabs', '\n sutro\ta\r\nb '],
    ['links that Slack made', 'sutro <https://app.example.com/a|a> <mailto:x@y.z|b>'],
    ['invisible characters', 'su\u200btro \u2068a\u2069 b\ufeff'],
    ['upper case', 'SuTrO a b'],
  ])('may be written with %s', (_, text) => {
    expect(read(text)).toEqual(cancel('sutro/a', 'sutro/b'));
  });

  it('keeps the case of ids, and makes hyphens of what a keyboard made of them', () => {
    expect(read('sutro Job‑1–A AbC')).toEqual(cancel('sutro/Job-1-A', 'sutro/AbC'));
  });

  it.each([
    ['because wrong ansatz', 'wrong ansatz'],
    ['BECAUSE   wrong\n ansatz ', 'wrong ansatz'],
    ['because: “wrong ansatz”', 'wrong ansatz'],
    ['because it\'s "done", really', 'it\'s "done", really'],
    ['because a &lt; b &amp;&amp; c', 'a < b && c'],
    ['because see <https://x.example/1|ticket 1>', 'see ticket 1'],
    ['because because of it', 'because of it'],
    ['because <@U123> said so', '<@U123> said so'],
    [`because ${'x'.repeat(200)}`, 'x'.repeat(200)],
  ])('takes a reason as it was written: %s', (words, reason) => {
    expect(read(`sutro a ${words}`)).toEqual({ ...cancel('sutro/a'), reason });
  });

  it.each([
    ['because', 'reason_missing'],
    ['because ""', 'reason_missing'],
    [`because ${'x'.repeat(201)}`, 'reason_invalid'],
    ['because a\u0007b', 'reason_invalid'],
    ['because a\u202eb', 'reason_invalid'],
  ])('does not take %j as a reason', (words, code) => {
    expect(codesOf(`sutro a ${words}`)).toEqual([code]);
  });

  it('suggests the nearest name where the first word is none', () => {
    expect(firstFault('ionqq a')).toMatchObject({ code: 'unknown_word', word: 'ionqq', nearest: 'ionq' });
    expect(firstFault('Promptlop a')).toMatchObject({ nearest: 'promptloop' });
    expect(firstFault('prompt a')).toMatchObject({ nearest: 'promptloop' });
    expect(firstFault('lsit')).toMatchObject({ nearest: 'list' });
    expect(firstFault('kubernetes a')).toEqual({
      code: 'unknown_word',
      word: 'kubernetes',
      nearest: undefined,
    });
  });

  it.each(['cancel list', 'stop help', 'list list', 'list sutro because-not jobs'])(
    'does not say of a word of its own that it knows it not: %s',
    (text) => {
      const word = text.split(' ').at(-1);
      expect(read(text)).toMatchObject({
        faults: expect.arrayContaining([{ code: 'unexpected_word', word }]),
      });
    },
  );

  it('takes a misspelt name among ids for what it is, because the ids after it belong elsewhere', () => {
    expect(read('sutro a promtloop b')).toEqual({
      kind: 'fault',
      faults: [{ code: 'misspelt_provider', word: 'promtloop', nearest: 'promptloop' }],
    });
    expect(read('sutro sutro1 ion')).toEqual(cancel('sutro/sutro1', 'sutro/ion'));
  });

  it('begins a new group at every name, so that no name is ever taken for an id', () => {
    expect(codesOf('sutro')).toEqual(['no_jobs']);
    expect(codesOf('sutro promptloop a')).toEqual(['no_jobs']);
    expect(codesOf('sutro a promptloop')).toEqual(['no_jobs']);
    expect(codesOf('cancel')).toEqual(['no_jobs']);
  });

  it('lists every fault', () => {
    expect(codesOf('sutro promptloop a ionwroks b ionq because')).toEqual([
      'misspelt_provider',
      'no_jobs',
      'no_jobs',
      'reason_missing',
    ]);
  });

  it.each(['sutro <@U123> a', 'sutro a <#C1|jobs>', '<!channel> a'])(
    'is a fault if it mentions a person: %s',
    (text) => {
      expect(codesOf(text)).toEqual(['mention']);
    },
  );
});

describe('the other commands', () => {
  it.each<[string, Command]>([
    ['', { kind: 'help' }],
    ['  ', { kind: 'help' }],
    ['HELP', { kind: 'help' }],
    ['?', { kind: 'help' }],
    ['help me', { kind: 'help' }],
    ['list', { kind: 'list' }],
    ['List IonQ', { kind: 'list', provider: 'ionq' }],
    ['list running', { kind: 'list', state: 'running' }],
    ['list Canceled sutro', { kind: 'list', provider: 'sutro', state: 'cancelled' }],
    ['list queued, running', { kind: 'list', state: 'queued,running' }],
    ['confirm cf_8Kd02', { kind: 'confirm', confirmation: 'cf_8Kd02' }],
    ['approve `cf_8Kd02`', { kind: 'confirm', confirmation: 'cf_8Kd02' }],
    ['show “cf_8Kd02”', { kind: 'show', confirmation: 'cf_8Kd02' }],
  ])('are read: %s', (text, command) => {
    expect(read(text)).toEqual(command);
  });

  it.each([
    ['list runing', 'unknown_word'],
    ['list sutro ionq', 'several_providers'],
    ['list because I want to', 'reason_not_taken'],
    ['because of it', 'reason_not_taken'],
    ['confirm', 'no_confirmation'],
    ['confirm ünïcödé', 'no_confirmation'],
    [`confirm ${'x'.repeat(201)}`, 'no_confirmation'],
    ['confirm one two', 'unexpected_word'],
    ['x'.repeat(12_001), 'too_long'],
  ])('are faults: %.30s', (text, code) => {
    expect(codesOf(text)).toEqual([code]);
  });
});

describe('any command', () => {
  const words = fc.constantFrom(
    ...connections,
    'because',
    'list',
    'confirm',
    'cancel',
    '__proto__',
    'constructor',
    uuid,
    'a',
  );
  const text = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 400 }),
    fc
      .array(fc.oneof(words, fc.string({ unit: 'grapheme' })), { maxLength: 30 })
      .map((list) => list.join(' ')),
    fc.nat(1_000_000).map((length) => '<'.repeat(length)),
  );

  it('is read, and never throws', () => {
    fc.assert(
      fc.property(text, fc.array(fc.string({ maxLength: 50 }), { maxLength: 5 }), (any, names) => {
        expect(readCommandText(any, names)).toHaveProperty('kind');
      }),
    );
  });

  it('names only known connections, and only words that were typed', () => {
    fc.assert(
      fc.property(text, (any) => {
        const command = read(any);
        if (command.kind !== 'cancel') return;
        expect(command.jobs.length).toBeGreaterThan(0);
        for (const { provider, job_id } of command.jobs) {
          expect(connections).toContain(provider);
          expect(connections).not.toContain(job_id.toLowerCase());
          expect(job_id).toMatch(/^\S+$/u);
        }
      }),
    );
  });

  it('means the same however it is decorated', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,40}$/).filter((any) => /\d/.test(any));
    const dress = fc.constantFrom('"', "'", '`', '“', '’', '');
    const gap = fc.constantFrom(' ', ', ', '\u00a0', '\n', ' ; ');
    fc.assert(
      fc.property(fc.array(id, { minLength: 1 }), dress, gap, (ids, mark, space) => {
        const typed = ['sutro', ...ids].map((word) => `${mark}${word}${mark}`).join(space);
        expect(read(typed)).toEqual(cancel(...ids.map((job) => `sutro/${job}`)));
      }),
    );
  });
});

describe('slips between words', () => {
  it.each([
    ['', '', 0],
    ['sutro', '', 5],
    ['sutro', 'sutro', 0],
    ['sutor', 'sutro', 1],
    ['stro', 'sutro', 1],
    ['suttro', 'sutro', 1],
    ['satro', 'sutro', 1],
    ['kitten', 'sitting', 3],
  ])('from %j to %j are %d', (one, other, slips) => {
    expect(editDistance(one, other)).toBe(slips);
  });

  it('are as many in the other direction, and never more than the longer word has letters', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one));
        expect(editDistance(one, other)).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(editDistance(one, other) === 0).toBe(one === other);
      }),
    );
  });

  it('decide where two names begin alike', () => {
    expect(suggest('ion', ['ionq', 'ionworks'])).toBe('ionq');
    expect(suggest('ionw', ['ionq', 'ionworks'])).toBe('ionworks');
    expect(suggest('x'.repeat(41), ['x'.repeat(41)])).toBeUndefined();
  });
});

describe('the owner, the target and the label of a list', () => {
  it.each([
    ['list owner ada', { owner: 'ada' }],
    [
      'list ionq running OWNER Ada@Example.com',
      { provider: 'ionq', state: 'running', owner: 'Ada@Example.com' },
    ],
    ['list owner <mailto:ada@x.org|ada@x.org> older than 1d', { owner: 'ada@x.org', older_than: '1d' }],
    ['list label team=ML target qpu-1', { label: 'team=ML', target: 'qpu-1' }],
    ['list owner running', { owner: 'running' }],
  ])('are read from %j', (text, expected) => {
    expect(readCommandText(text, ['ionq', 'sutro'])).toEqual({ kind: 'list', ...expected });
  });

  it.each(['list owner', 'list label team', 'list label', 'list running target'])(
    'are asked for where they do not follow: %j',
    (text) => {
      expect(readCommandText(text, ['ionq'])).toMatchObject({
        kind: 'fault',
        faults: [{ code: 'value_missing' }],
      });
    },
  );

  it('leave a connection its name', () => {
    expect(readCommandText('list owner', ['owner'])).toEqual({ kind: 'list', provider: 'owner' });
  });
});

describe('the ages of a list', () => {
  it.each([
    ['list newer than 2h', { newer_than: '2h' }],
    ['list sutro RUNNING Older 1D', { provider: 'sutro', state: 'running', older_than: '1d' }],
    ['jobs younger 30m older than 5m', { newer_than: '30m', older_than: '5m' }],
  ])('are read from %j', (text, expected) => {
    expect(readCommandText(text, ['ionq', 'sutro'])).toEqual({ kind: 'list', ...expected });
  });

  it.each(['list newer', 'list older than', 'list newer than running', 'list older than 2 hours'])(
    'are asked for where they do not follow: %j',
    (text) => {
      expect(readCommandText(text, ['ionq', 'sutro'])).toMatchObject({ kind: 'fault' });
    },
  );

  it('leave a connection its name', () => {
    expect(readCommandText('list older', ['older'])).toEqual({ kind: 'list', provider: 'older' });
  });
});
