import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Caller, type JobPattern, type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import {
  authorizeByAttributes,
  authorizeById,
  can,
  canDoAnything,
  needsAttributes,
  refusalAsShown,
  type ShownJob,
} from '../../shared/access/policy.ts';
import { runs } from '../support/thorough.ts';

const callerWith = (rights: Partial<Rights>): Caller => ({
  id: 'ada',
  kind: 'person',
  rights: { ...unrestrictedRights, ...rights },
});

const sweep: ShownJob = {
  ...{ connection: 'ionq', id: 'a1', name: 'Sweep 7', owner: 'Ada', target: 'qpu-1' },
  labels: {
    pairs: [
      ['team', 'ML'],
      ['note', undefined],
    ],
    isWhole: true,
  },
};
/** The same job where nothing of it can be seen. */
const hidden: ShownJob = { connection: 'ionq', id: 'a1', name: undefined };

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

  test('is something at the connections of one of its rights, and nothing elsewhere', () => {
    expect(['sutro', 'ionq-research', 'ionq'].map((name) => canDoAnything(caller, name))).toEqual([
      ...[true, true, false],
    ]);
    expect(canDoAnything(callerWith({ actions: [] }), 'sutro')).toBe(false);
    expect(canDoAnything(callerWith({ actions: ['audit'] }), 'sutro')).toBe(true);
  });
});

/** Rules, whether a status check must show more than the id, what is said of `sweep` as it is, and what of one that is hidden. */
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
    { rule: 'deny the owner', deny: [{ owner: 'ada' }], named: 'denied_by_policy' as const },
    { rule: 'deny part of the owner', deny: [{ owner: 'ad' }] },
    { rule: 'allow the owner', allow: [{ owner: 'ADA' }] },
    { rule: 'allow another owner', allow: [{ owner: 'bob' }], named: 'denied_by_policy' as const },
    {
      rule: 'allow the owner of another name',
      allow: [{ owner: 'ada', name: 'x*' }],
      named: 'denied_by_policy' as const,
    },
    { rule: 'deny the target', deny: [{ target: 'qpu-*' }], named: 'denied_by_policy' as const },
    { rule: 'allow the target', allow: [{ target: 'QPU-1' }] },
    { rule: 'allow any target', allow: [{ target: '*' }] },
    { rule: 'deny the label', deny: [{ label: 'team=m*' }], named: 'denied_by_policy' as const },
    { rule: 'deny another value of the label', deny: [{ label: 'team=web' }] },
    { rule: 'deny another label', deny: [{ label: 'env=prod' }] },
    { rule: 'allow the label', allow: [{ label: 'TEAM=ml' }] },
    { rule: 'allow any value of the label', allow: [{ label: 'team=*' }] },
    { rule: 'deny a value that was cut', deny: [{ label: 'note=x*' }], named: 'denied_by_policy' as const },
    { rule: 'allow a value that was cut', allow: [{ label: 'note=*' }], named: 'denied_by_policy' as const },
  ].map((row) => ({ ...row, asks: true, unseen: 'denied_by_policy' as const })),
  ...[
    { rule: 'protect the name', protects: [{ name: '*7' }], named: 'protected_job' as const },
    { rule: 'protect another name', protects: [{ name: '*8', id: 'a*' }] },
    { rule: 'protect the owner', protects: [{ owner: 'a*' }], named: 'protected_job' as const },
    { rule: 'protect another owner', protects: [{ owner: 'b*' }] },
    { rule: 'protect the target', protects: [{ target: '*1' }], named: 'protected_job' as const },
    { rule: 'protect the label', protects: [{ label: '*=ml' }], named: 'protected_job' as const },
    { rule: 'protect another label', protects: [{ label: 'team=mlx' }] },
  ].map((row) => ({ ...row, asks: true, unseen: 'protected_job' as const })),
];

describe.each(table)(
  'the rule to $rule',
  ({ allow, deny = [], protects = [], byId, asks, named, unseen }) => {
    const caller = callerWith({ allow, deny });

    test('is judged by what is known', () => {
      expect(authorizeById(caller, protects, sweep), 'by id').toBe(byId);
      expect(needsAttributes(caller, protects, sweep), 'asks for more').toBe(asks ?? false);
      expect(authorizeByAttributes(caller, protects, sweep), 'shown').toBe(named);
      expect(authorizeByAttributes(caller, protects, hidden), 'unseen').toBe(unseen);
    });
  },
);

/** Rules over so few words that they meet often. */
const word = fc.constantFrom('a', 'b', 'a*', '*', '*b');
const pattern: fc.Arbitrary<JobPattern> = fc.record(
  {
    ...{ connection: word, id: word, name: word, owner: word, target: word },
    label: fc.tuple(word, word).map(([key, value]) => `${key}=${value}`),
  },
  { requiredKeys: [] },
);
const rules = fc.array(pattern, { maxLength: 3 });
const plain = fc.constantFrom('a', 'b', 'ab', 'ba');
const perhaps = fc.option(plain, { nil: undefined });
const situation = fc.record({
  allow: fc.option(rules, { nil: undefined }),
  deny: rules,
  protects: rules,
  job: fc.record({
    ...{ connection: plain, id: plain, name: perhaps, owner: perhaps, target: perhaps },
    targetAliases: fc.array(perhaps, { maxLength: 2 }),
    labels: fc.option(
      fc.record({ pairs: fc.array(fc.tuple(plain, perhaps), { maxLength: 3 }), isWhole: fc.boolean() }),
      { nil: undefined },
    ),
  }),
});

/** The policy as one would say it: what could a job be, as far as it is shown, and is it refused as one of these? */
function naively(
  allow: readonly JobPattern[] | undefined,
  deny: readonly JobPattern[],
  protects: readonly JobPattern[],
  { connection, id, name, owner, target, targetAliases = [], labels }: ShownJob,
) {
  const fits = (text: string | undefined, by: string | undefined, ifUnseen: boolean) => {
    if (by === undefined) return true;
    if (text === undefined) return ifUnseen;
    return new RegExp(`^${by.replaceAll('*', '.*')}$`).test(text);
  };
  const carries = (by: string | undefined, ifUnseen: boolean) => {
    if (by === undefined) return true;
    const [byKey = '', byValue = ''] = by.split('=');
    const more = labels === undefined || !labels.isWhole;
    const has = labels?.pairs.some(
      ([key, value]) => fits(key, byKey, false) && fits(value, byValue, ifUnseen),
    );
    return has === true || (more && ifUnseen);
  };
  const hit = (rule: JobPattern, ifUnseen: boolean) =>
    [
      fits(connection, rule.connection, false),
      fits(id, rule.id, false),
      fits(name, rule.name, ifUnseen),
      fits(owner, rule.owner, ifUnseen),
      [target, ...targetAliases].some((each) => fits(each, rule.target, ifUnseen)),
      carries(rule.label, ifUnseen),
    ].every(Boolean);
  if (deny.filter((rule) => hit(rule, true)).length > 0) return 'denied_by_policy';
  if (allow !== undefined && allow.filter((rule) => hit(rule, false)).length === 0) return 'denied_by_policy';
  return protects.filter((rule) => hit(rule, true)).length > 0 ? 'protected_job' : undefined;
}

describe('a job whose status was not read', () => {
  const uuid = '617a1f8b-59d4-435d-aa33-695433d7155e';
  const unseen = (id: string): ShownJob => ({ connection: 'ionworks', id, name: undefined, isUnseen: true });

  test.each([
    [uuid.replaceAll('-', ''), uuid],
    [`urn:uuid:${uuid}`, uuid],
    [`URN:UUID:${uuid.toUpperCase()}`, '617a1f8b-*'],
    ['JOB.77E1', 'job-77e1'],
  ])('is %s for a caller who is denied %s, and for no caller allowed only that', (id, rule) => {
    expect(authorizeByAttributes(callerWith({ deny: [{ id: rule }] }), [], unseen(id))).toBe(
      'denied_by_policy',
    );
    expect(authorizeByAttributes(callerWith({}), [{ id: rule }], unseen(id))).toBe('protected_job');
    expect(authorizeByAttributes(callerWith({ allow: [{ id: rule }] }), [], unseen(id))).toBe(
      'denied_by_policy',
    );
    expect(
      authorizeByAttributes(callerWith({ deny: [{ id: rule }] }), [], { ...unseen(id), isUnseen: false }),
    ).toBe(undefined);
  });

  test.each<[string, JobPattern]>([
    [uuid, { id: `0${uuid.slice(1)}` }],
    ['aa1', { id: 'bb1' }],
    ['AB1', { id: 'ab' }],
    ['a-urn:uuid:b', { id: 'ab' }],
    [uuid, { id: uuid.toUpperCase(), connection: 'sutro' }],
    ['b1', { id: 'a1', owner: 'ada' }],
  ])('is not refused as %s by the rule %j', (id, rule) => {
    expect(authorizeByAttributes(callerWith({ deny: [rule] }), [], unseen(id))).toBeUndefined();
    expect(authorizeByAttributes(callerWith({}), [rule], unseen(id))).toBeUndefined();
  });

  test.each<JobPattern>([
    { id: uuid.toUpperCase(), owner: 'ada' },
    { connection: 'ion*', name: 'sweep' },
    { target: 'qpu-1' },
    {},
  ])('may be what the rule %j means, because nothing of it is shown', (rule) => {
    const denied = callerWith({ deny: [rule] });
    expect(authorizeByAttributes(denied, [], unseen(uuid))).toBe('denied_by_policy');
  });

  test('is not what a rule means by an attribute that is shown and differs', () => {
    const shown = { ...unseen(uuid.toUpperCase()), owner: 'Bob', target: 'qpu-1' };
    const ofAda = callerWith({ deny: [{ id: uuid, owner: 'ada' }] });
    expect(authorizeByAttributes(ofAda, [], shown)).toBeUndefined();
    expect(authorizeByAttributes(callerWith({}), [{ id: uuid, owner: 'bob' }], shown)).toBe('protected_job');
    const onSimulator = callerWith({ deny: [{ target: 'simulator' }] });
    expect(authorizeByAttributes(onSimulator, [], shown)).toBeUndefined();
  });
});

describe('the judgement', () => {
  test('is that of a naive model', () => {
    fc.assert(
      fc.property(situation, ({ allow, deny, protects, job }) => {
        expect(authorizeByAttributes(callerWith({ allow, deny }), protects, job)).toBe(
          naively(allow, deny, protects, job),
        );
      }),
      { numRuns: runs(3_000, 600) },
    );
  });

  test('by the id holds whatever else is shown, and more is asked for only where it can matter', () => {
    fc.assert(
      fc.property(
        situation,
        situation,
        ({ allow, deny, protects, job }, { job: { name, owner, target, targetAliases, labels } }) => {
          const caller = callerWith({ allow, deny });
          const full = authorizeByAttributes(caller, protects, job);
          if (authorizeById(caller, protects, job) !== undefined) expect(full).toBeDefined();
          else if (!needsAttributes(caller, protects, job)) expect(full).toBeUndefined();
          const shown = { ...job, name, owner, target, targetAliases, labels };
          const renamed = authorizeByAttributes(caller, protects, shown);
          if (full !== renamed && (full === undefined || renamed === undefined))
            expect(needsAttributes(caller, protects, job)).toBe(true);
        },
      ),
      { numRuns: runs(3_000, 600) },
    );
  });

  test.each([
    ['the name', { name: undefined }],
    ['the owner', { owner: undefined }],
    ['the target', { target: undefined }],
    ['the labels', { labels: undefined }],
  ])('never becomes milder when %s cannot be seen', (_, less) => {
    fc.assert(
      fc.property(situation, ({ allow, deny, protects, job }) => {
        const caller = callerWith({ allow, deny });
        if (authorizeByAttributes(caller, protects, job) !== undefined)
          expect(authorizeByAttributes(caller, protects, { ...job, ...less })).toBeDefined();
      }),
      { numRuns: runs(3_000, 600) },
    );
  });
});

describe('what a list says of a cancel', () => {
  const rule = fc.record(
    {
      connection: fc.constantFrom('ionq', 'sutro', '*'),
      id: fc.constantFrom('a1', 'a*', 'b1'),
      name: fc.constantFrom('sweep*', 'other'),
      owner: fc.constantFrom('ada', 'bob'),
      label: fc.constantFrom('team=ml', 'team=other', 'note=*'),
    },
    { requiredKeys: [] },
  );
  const rules = fc.array(rule, { maxLength: 3 });

  test('never is that a job cannot be cancelled which the cancel itself would allow', () => {
    fc.assert(
      fc.property(
        fc.option(rules, { nil: undefined }),
        rules,
        rules,
        fc.subarray(['name', 'owner', 'target', 'labels'] as const),
        (allow, deny, protectedJobs, unseen) => {
          const caller = callerWith({ allow, deny });
          const shown = { ...sweep, ...Object.fromEntries(unseen.map((name) => [name, undefined])) };
          const told = refusalAsShown(caller, protectedJobs, shown);
          if (told !== undefined) expect(authorizeByAttributes(caller, protectedJobs, sweep)).toBeDefined();
        },
      ),
    );
  });

  test('is what the cancel says where everything is shown', () => {
    const caller = callerWith({ deny: [{ owner: 'bob' }] });
    expect(refusalAsShown(caller, [{ label: 'team=ml' }], sweep)).toBe('protected_job');
    expect(refusalAsShown(caller, [], { ...sweep, owner: 'Bob' })).toBe('denied_by_policy');
    expect(refusalAsShown(callerWith({ actions: ['list'] }), [], sweep)).toBe('denied_by_policy');
    expect(refusalAsShown(caller, [], hidden)).toBeUndefined();
    const ofBob = callerWith({ allow: [{ owner: 'bob' }] });
    expect(refusalAsShown(ofBob, [], sweep)).toBe('denied_by_policy');
    expect(refusalAsShown(ofBob, [], hidden)).toBeUndefined();
    expect(refusalAsShown(callerWith({ allow: [{ connection: 'sutro' }] }), [], hidden)).toBe(
      'denied_by_policy',
    );
    expect(refusalAsShown(caller, [], sweep)).toBeUndefined();
  });
});
