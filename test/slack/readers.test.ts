import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionIds, readAction, stopValue, ticketValue } from '../../functions/slack/inbound/actions.ts';
import { readForm } from '../../functions/slack/inbound/form.ts';
import { readInteraction } from '../../functions/slack/inbound/interaction.ts';
import { readSlashCommand } from '../../functions/slack/inbound/slash-command.ts';
import { formFaults } from '../../functions/slack/wording/faults.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { anyQuery } from '../support/any-url.ts';
import { commandPost, formBytes, pressPost, published, sample } from '../support/slack/requests.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const who = { team: 'T111', user: 'W111', channel: 'C111' };

/** Bodies that are hostile, or merely not what Slack sends. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: anyCharacter }).map(bytes),
  anyQuery.map(bytes),
  fc.json().map((payload) => formBytes({ payload })),
  fc
    .dictionary(
      fc.constantFrom('__proto__', 'payload', 'command', 'text', 'team_id', 'ssl_check'),
      fc.string(),
    )
    .map(formBytes),
);

describe('a form', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (fields) => {
          const read = readForm(formBytes(fields));
          expect(read.ok && Object.fromEntries(read.value)).toEqual({ ...fields });
        },
      ),
    );
  });

  it.each([
    ['bytes that are no UTF-8', Uint8Array.of(0x61, 0x3d, 0xff), 'not_a_form'],
    ['escapes that are no UTF-8', bytes('a=%ff'), 'not_a_form'],
    ['half an escape', bytes('a=%4'), 'not_a_form'],
    ['a field twice', bytes('text=a&text=b'), 'duplicate_field'],
    ['a field twice, once escaped', bytes('text=a&te%78t=b'), 'duplicate_field'],
    [
      'a hundred fields and more',
      bytes(Array.from({ length: 101 }, (_, index) => `f${index}=`).join('&')),
      'not_a_form',
    ],
    ['a megabyte and more', new Uint8Array(1_000_001), 'too_large'],
  ])('is a fault with %s', (_, body, fault) => {
    expect(readForm(body)).toEqual({ ok: false, fault });
    expect(readSlashCommand(body)).toEqual({ ok: false, fault });
    expect(readInteraction(body)).toEqual({ ok: false, fault });
  });

  it('may be a megabyte, and hold names that are special to JavaScript', () => {
    const read = readForm(bytes(`__proto__=1&constructor=2&toString&text=${'x'.repeat(999_900)}`));
    expect(read.ok && [...read.value.keys()]).toEqual(['__proto__', 'constructor', 'toString', 'text']);
    expect(Object.values(formFaults).every((sentence) => sentence !== '')).toBe(true);
  });

  it('is read, or is a fault, whatever its bytes are', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        for (const reader of [readForm, readSlashCommand, readInteraction])
          expect(reader(body)).toHaveProperty('ok');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a slash command', () => {
  it('says who asked what, and where to answer', () => {
    expect(readSlashCommand(commandPost({ text: 'ionq “a”', enterprise_id: 'E111' }))).toEqual({
      ok: true,
      value: {
        ...{ kind: 'command', command: '/calloff', text: 'ionq “a”' },
        who: { ...who, app: 'A111', enterprise: 'E111' },
        responseUrl: 'https://hooks.slack.com/commands/T111/111/xxx',
      },
    });
  });

  it('is read as others publish it', () => {
    const [command = '', probe = ''] = published.bodies.list.slice(1);
    expect(readSlashCommand(bytes(command))).toMatchObject({
      ok: true,
      value: { command: '/hello-bolt-js', text: '', who },
    });
    expect(readSlashCommand(bytes(probe))).toEqual({ ok: true, value: { kind: 'probe' } });
    const documented = published.signatures[0]?.body ?? '';
    expect(readSlashCommand(bytes(documented))).toMatchObject({
      ok: true,
      value: { who: { user: 'U2CERLKJA' } },
    });
  });

  it('has every field that is used in the sample with all fields', () => {
    const fields = new Map(Object.entries(Object(sample('java-sdk-SlashCommandPayload'))));
    const posted = readForm(commandPost({ enterprise_id: 'E1', enterprise_name: 'x' }));
    expect(posted.ok && [...posted.value.keys()].filter((name) => !fields.has(name))).toEqual([]);
  });

  it.each(['team_id', 'user_id', 'channel_id', 'command', 'response_url'])(
    'is a fault without %s',
    (name) => {
      expect(readSlashCommand(commandPost({ [name]: '' }))).toEqual({ ok: false, fault: 'missing_field' });
    },
  );

  it.each([
    ['user_id', 'W111> <!channel'],
    ['user_id', 'maya'],
    ['team_id', `T${'1'.repeat(40)}`],
    ['channel_id', '#jobs'],
    ['command', 'calloff'],
  ])('is a fault where %s is %j', (name, value) => {
    expect(readSlashCommand(commandPost({ [name]: value }))).toEqual({ ok: false, fault: 'missing_field' });
  });

  it('asks for nothing where it is a probe, whatever else it holds', () => {
    const probe = commandPost({ ssl_check: '1', text: 'ionq a' });
    expect(readSlashCommand(probe)).toEqual({ ok: true, value: { kind: 'probe' } });
    expect(readInteraction(probe)).toEqual({ ok: true, value: { kind: 'probe' } });
  });
});

describe('a pressed button', () => {
  it('says who pressed what, and where to answer', () => {
    expect(readInteraction(pressPost())).toEqual({
      ok: true,
      value: {
        ...{ kind: 'press', who: { ...who, app: 'A111', home: 'T111' } },
        action: { kind: 'confirm', ticket: 'ticket' },
        responseUrl: 'https://hooks.slack.com/actions/T111/222/yyy',
      },
    });
  });

  it('is read from the sample with all fields, once the blanks that are used are filled in', () => {
    const filled = {
      ...Object(sample('java-sdk-BlockActionPayload')),
      ...{ user: { id: 'U1', team_id: 'T2' }, team: { id: 'T1' }, channel: { id: 'C1' } },
      actions: [{ action_id: actionIds.keep, value: ticketValue({ ticket: 't' }) }],
      response_url: 'https://hooks.slack.com/actions/T1/2/3',
    };
    expect(readInteraction(formBytes({ payload: JSON.stringify(filled) }))).toMatchObject({
      ok: true,
      value: { who: { team: 'T1', home: 'T2' }, action: { kind: 'keep' } },
    });
  });

  it('says whose workspace the person is of, where the channel is shared', () => {
    const press = readInteraction(pressPost({ user: { id: 'U9', team_id: 'T999' } }));
    expect(press).toMatchObject({ ok: true, value: { who: { team: 'T111', home: 'T999', user: 'U9' } } });
  });

  it('is placed by its container or its person where Slack leaves team or channel out', () => {
    const press = readInteraction(pressPost({ team: null, channel: null }));
    expect(press).toMatchObject({ ok: true, value: { who } });
  });

  it.each([
    { user: undefined },
    { user: { id: '' } },
    { team: null, user: { id: 'W111' } },
    { channel: null, container: null },
    { actions: [] },
    { actions: 'all' },
    { response_url: undefined },
    { actions: [{ action_id: actionIds.stop, value: '{}' }] },
    { actions: [{ action_id: actionIds.approve, value: 'x'.repeat(201) }] },
  ])('is a fault with %j', (change) => {
    expect(readInteraction(pressPost(change))).toEqual({ ok: false, fault: 'missing_field' });
  });

  it.each([
    'java-sdk-ViewSubmissionPayload',
    'java-sdk-ViewClosedPayload',
    'java-sdk-MessageShortcutPayload',
    'java-sdk-AttachmentActionPayload',
  ])("is not %s, which is not calloff's", (name) => {
    const read = readInteraction(formBytes({ payload: JSON.stringify(sample(name)) }));
    expect(read).toEqual({ ok: true, value: { kind: 'foreign' } });
  });

  it.each(['', 'null', '[]', '"block_actions"', '{', '{"type":1}', '['.repeat(100_000)])(
    'is a fault where the payload is %.20j',
    (payload) => {
      expect(readInteraction(formBytes({ payload }))).toEqual({ ok: false, fault: 'missing_field' });
    },
  );
});

describe('the value of a button', () => {
  it('names the job that it was made for', () => {
    const name = fc.string({ minLength: 1, maxLength: 100, unit: anyCharacter });
    fc.assert(
      fc.property(name, name, (provider, job_id) => {
        const job = { provider, job_id };
        expect(readAction({ action_id: actionIds.stop, value: stopValue(job) })).toEqual({
          kind: 'stop',
          job,
        });
      }),
    );
  });

  it.each([
    '',
    'x',
    '{}',
    '[]',
    '{"provider":"a","job_id":""}',
    '{"provider":"a","job_id":"b","all":true}',
    '{"provider":["a"],"job_id":"b"}',
  ])('stops nothing where it is %j', (value) => {
    expect(readAction({ action_id: actionIds.stop, value })).toBe('malformed');
  });

  it.each([
    'x',
    '{}',
    '{"ticket":""}',
    '{"ticket":7}',
    '{"ticket":"t","jobs":[]}',
    `{"ticket":"${'x'.repeat(201)}"}`,
  ])('answers nothing where it is %j', (value) => {
    expect(readAction({ action_id: actionIds.confirm, value })).toBe('malformed');
    expect(readAction({ action_id: actionIds.keep, value })).toBe('malformed');
  });

  it.each(['approve', 'decline'] as const)('is malformed where work cannot hold it: %s', (kind) => {
    const press = (value: string) => readAction({ action_id: actionIds[kind], value });
    expect(press('x'.repeat(200))).toEqual({ kind, confirmation: 'x'.repeat(200) });
    expect([press('x'.repeat(201)), press('')]).toEqual(['malformed', 'malformed']);
  });

  it('is nothing under an action that is not ours, and malformed where it is missing under one that is', () => {
    expect(readAction({ action_id: 'toString', value: 'x' })).toBe('foreign');
    expect(readAction({ action_id: 'calloff_old' })).toBe('foreign');
    expect(readAction({ action_id: actionIds.confirm })).toBe('malformed');
  });

  it('is handed on as it is, where it is a ticket or a confirmation', () => {
    const readings = (['confirm', 'keep', 'approve', 'decline'] as const).map((kind) =>
      readAction({
        action_id: actionIds[kind],
        value: kind === 'confirm' || kind === 'keep' ? ticketValue({ ticket: 'v', reason: 'w' }) : 'v',
      }),
    );
    expect(readings).toEqual([
      { kind: 'confirm', ticket: 'v', reason: 'w' },
      { kind: 'keep', ticket: 'v', reason: 'w' },
      { kind: 'approve', confirmation: 'v' },
      { kind: 'decline', confirmation: 'v' },
    ]);
  });
});
