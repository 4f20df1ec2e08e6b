import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Caller, type JobPattern, type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import { authorizeById, authorizeByName, can, type NamedJob, needsName } from '../../shared/access/policy.ts';

const callerWith = (rights: Partial<Rights>): Caller => ({
  id: 'ada',
  kind: 'person',
  rights: { ...unrestrictedRights, ...rights },
});

const sweep: NamedJob = { connection: 'ionq', id: 'a1', name: 'Sweep 7' };

describe('what a caller may do', () => {
  const caller = callerWith({ actions: ['list', 'cancel'], connections: ['sutro', 'ionq-*'] });

  test.each([
    ['cancel', 'sutro', true],
    ['cancel', 'ionq-research', true],
    ['cancel', 'ionq', false],
    ['cancel', 'Sutro', false],
    ['confirm', 'sutro', false],
    ['list', undefined, true],
    ['audit', undefined, false],
  ] as const)('%s at %s: %s', (action, connection, allowed) => {
    expect(can(caller, action, connection)).toBe(allowed);
  });
});

/** Rules, whether the name must be seen, what is said of `sweep` with its name, and what without. */
const table: readonly {
  readonly rule: string;
  readonly allow?: readonly JobPattern[];
  readonly deny?: readonly JobPattern[];
  readonly protects?: readonly JobPattern[];
  readonly byId?: 'denied_by_policy' | 'protected_job';
  readonly asks?: boolean;
  readonly named?: 'denied_by_policy' | 'protected_job';
  readonly unseen?: 'denied_by_policy' | 'protected_job';
}[] = [
  { rule: 'nothing' },
  ...[
    { rule: 'deny the id', deny: [{ id: 'a1' }] },
    { rule: 'deny ids that begin so', deny: [{ id: 'a*' }] },
    { rule: 'deny the connection', deny: [{ connection: 'ion*' }] },
    { rule: 'deny the id, although it is allowed', allow: [{ id: 'a1' }], deny: [{ id: 'a1' }] },
    { rule: 'deny the id, which is protected, too', deny: [{ id: 'a1' }], protects: [{ id: 'a1' }] },
    { rule: 'allow another id', allow: [{ id: 'a2' }] },
    { rule: 'allow the name elsewhere', allow: [{ connection: 'sutro', name: 'sweep*' }] },
    { rule: 'allow nothing', allow: [] },
  ].map((row) => ({
    ...row,
    byId: 'denied_by_policy' as const,
    named: 'denied_by_policy' as const,
    unseen: 'denied_by_policy' as const,
  })),
  ...[
    { rule: 'protect the id', protects: [{ id: 'a1' }] },
    { rule: 'protect the id, although it is allowed', allow: [{ id: 'a1' }], protects: [{ id: 'a1' }] },
  ].map((row) => ({
    ...row,
    byId: 'protected_job' as const,
    named: 'protected_job' as const,
    unseen: 'protected_job' as const,
  })),
  ...[
    { rule: 'deny another id', deny: [{ id: 'A1' }] },
    { rule: 'deny the id elsewhere', deny: [{ id: 'a1', connection: 'sutro' }] },
    { rule: 'deny the name elsewhere', deny: [{ name: 'sweep*', connection: 'sutro' }] },
    { rule: 'protect the name of another id', protects: [{ name: 'sweep*', id: 'b*' }] },
    { rule: 'allow the id', allow: [{ id: 'a1' }] },
    { rule: 'allow the id, or a name', allow: [{ id: 'a1' }, { name: 'other' }] },
  ],
  ...[
    { rule: 'deny the name', deny: [{ name: 'SWEEP*' }], named: 'denied_by_policy' as const },
    { rule: 'deny another name', deny: [{ name: 'x*' }] },
    { rule: 'allow another name', allow: [{ name: 'x*' }], named: 'denied_by_policy' as const },
    { rule: 'allow the name', allow: [{ name: 'sweep *', connection: 'ionq' }] },
    { rule: 'allow the name of this id', allow: [{ name: 'sweep 7', id: 'a1' }] },
  ].map((row) => ({ ...row, asks: true, unseen: 'denied_by_policy' as const })),
  ...[
    { rule: 'protect the name', protects: [{ name: '*7' }], named: 'protected_job' as const },
    { rule: 'protect another name', protects: [{ name: '*8', id: 'a*' }] },
  ].map((row) => ({ ...row, asks: true, unseen: 'protected_job' as const })),
];

describe.each(table)(
  'the rule to $rule',
  ({ allow, deny = [], protects = [], byId, asks, named, unseen }) => {
    const caller = callerWith({ allow, deny });

    test('is judged by what is known', () => {
      expect(authorizeById(caller, protects, sweep), 'by id').toBe(byId);
      expect(needsName(caller, protects, sweep), 'asks for the name').toBe(asks ?? false);
      expect(authorizeByName(caller, protects, sweep), 'by name').toBe(named);
      expect(authorizeByName(caller, protects, { ...sweep, name: undefined }), 'unseen').toBe(unseen);
    });
  },
);

/** Rules over so few words that they meet often. */
const word = fc.constantFrom('a', 'b', 'a*', '*', '*b');
const pattern: fc.Arbitrary<JobPattern> = fc.record(
  { connection: word, id: word, name: word },
  { requiredKeys: [] },
);
const rules = fc.array(pattern, { maxLength: 3 });
const plain = fc.constantFrom('a', 'b', 'ab', 'ba');
const situation = fc.record({
  allow: fc.option(rules, { nil: undefined }),
  deny: rules,
  protects: rules,
  job: fc.record({ connection: plain, id: plain, name: fc.option(plain, { nil: undefined }) }),
});

/** The policy as one would say it: what could a job be called, and is it refused under one of these names? */
function naively(
  allow: readonly JobPattern[] | undefined,
  deny: readonly JobPattern[],
  protects: readonly JobPattern[],
  { connection, id, name }: NamedJob,
) {
  const fits = (text: string | undefined, by: string | undefined, ifUnseen: boolean) => {
    if (by === undefined) return true;
    if (text === undefined) return ifUnseen;
    return new RegExp(`^${by.replaceAll('*', '.*')}$`).test(text);
  };
  const hit = (rule: JobPattern, ifUnseen: boolean) =>
    [
      fits(connection, rule.connection, false),
      fits(id, rule.id, false),
      fits(name, rule.name, ifUnseen),
    ].every(Boolean);
  if (deny.filter((rule) => hit(rule, true)).length > 0) return 'denied_by_policy';
  if (allow !== undefined && allow.filter((rule) => hit(rule, false)).length === 0) return 'denied_by_policy';
  return protects.filter((rule) => hit(rule, true)).length > 0 ? 'protected_job' : undefined;
}

describe('a job whose status was not read', () => {
  const uuid = '617a1f8b-59d4-435d-aa33-695433d7155e';
  const unseen = (id: string): NamedJob => ({ connection: 'ionworks', id, name: undefined, isUnseen: true });

  test.each([
    [uuid.replaceAll('-', ''), uuid],
    [`urn:uuid:${uuid}`, uuid],
    [`URN:UUID:${uuid.toUpperCase()}`, '617a1f8b-*'],
    ['JOB.77E1', 'job-77e1'],
  ])('is %s for a caller who is denied %s, and for no caller allowed only that', (id, rule) => {
    expect(authorizeByName(callerWith({ deny: [{ id: rule }] }), [], unseen(id))).toBe('denied_by_policy');
    expect(authorizeByName(callerWith({}), [{ id: rule }], unseen(id))).toBe('protected_job');
    expect(authorizeByName(callerWith({ allow: [{ id: rule }] }), [], unseen(id))).toBe('denied_by_policy');
    expect(
      authorizeByName(callerWith({ deny: [{ id: rule }] }), [], { ...unseen(id), isUnseen: false }),
    ).toBe(undefined);
  });
});

describe('the judgement', () => {
  test('is that of a naive model', () => {
    fc.assert(
      fc.property(situation, ({ allow, deny, protects, job }) => {
        expect(authorizeByName(callerWith({ allow, deny }), protects, job)).toBe(
          naively(allow, deny, protects, job),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test('by the id holds under every name, and a name is asked for only where it can matter', () => {
    fc.assert(
      fc.property(
        situation,
        fc.option(plain, { nil: undefined }),
        ({ allow, deny, protects, job }, other) => {
          const caller = callerWith({ allow, deny });
          const full = authorizeByName(caller, protects, job);
          if (authorizeById(caller, protects, job) !== undefined) expect(full).toBeDefined();
          else if (!needsName(caller, protects, job)) expect(full).toBeUndefined();
          const renamed = authorizeByName(caller, protects, { ...job, name: other });
          if (full !== renamed && (full === undefined || renamed === undefined))
            expect(needsName(caller, protects, job)).toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('never becomes milder when the name cannot be seen', () => {
    fc.assert(
      fc.property(situation, ({ allow, deny, protects, job }) => {
        const caller = callerWith({ allow, deny });
        if (authorizeByName(caller, protects, job) !== undefined)
          expect(authorizeByName(caller, protects, { ...job, name: undefined })).toBeDefined();
      }),
      { numRuns: 3_000 },
    );
  });
});
