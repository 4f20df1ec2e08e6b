import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

/** What a public forge does by itself: its workflows and its issue forms. */
const read = (path: string) => readFileSync(path, 'utf8');
const packageJson = z
  .object({
    scripts: z.record(z.string(), z.string()),
    engines: z.object({ node: z.string() }),
    devDependencies: z.object({ node: z.string() }),
    mcpName: z.string(),
  })
  .parse(JSON.parse(read('package.json')));

const stepSchema = z.union([
  z.strictObject({ uses: z.string(), with: z.record(z.string(), z.unknown()).optional() }),
  z.strictObject({
    name: z.string().optional(),
    run: z.string(),
    env: z.record(z.string(), z.string()).optional(),
  }),
]);
const matrixSchema = z.strictObject({ os: z.array(z.string()), node: z.array(z.string()) });
/** The part of a workflow that ours use; https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax */
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      if: z.string().optional(),
      'runs-on': z.string(),
      'timeout-minutes': z.number().max(60),
      strategy: z.strictObject({ 'fail-fast': z.boolean(), matrix: matrixSchema }).optional(),
      steps: z.array(stepSchema),
    }),
  ),
});

const workflows = globSync('.github/workflows/*');

describe.each(workflows)('the workflow %s', (path) => {
  const { jobs } = workflowSchema.parse(parse(read(path)));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap((step) => ('run' in step ? [step.run] : []));

  it('runs only scripts that package.json has, and no text from outside', () => {
    const named = commands.map((command) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? command);
    expect(named.filter((name) => name !== 'ci' && !(name in packageJson.scripts))).toEqual([]);
    expect(commands.filter((command) => command.includes('\u0024{{'))).toEqual([]);
  });

  it('pins each action to a commit, with its version beside it', () => {
    const used = read(path)
      .split('\n')
      .filter((line) => /\buses:/.test(line));
    expect(used.length).toBeGreaterThan(0);
    for (const line of used) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('leaves no token of the forge in a checkout', () => {
    const checkouts = steps.filter((step) => 'uses' in step && step.uses.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(Object.keys(jobs).length);
    for (const step of checkouts) expect(step).toMatchObject({ with: { 'persist-credentials': false } });
  });

  it('takes the Nodes that package.json names: the oldest that users may have, and the one that develops', () => {
    const [, oldest = ''] = /^>=(\d+\.\d+)$/.exec(packageJson.engines.node) ?? [];
    const [, current = ''] = /^\^(\d+)\./.exec(packageJson.devDependencies.node) ?? [];
    const matrices = Object.values(jobs).flatMap(({ strategy }) => strategy?.matrix.node ?? []);
    const fixed = steps.flatMap((step) => ('uses' in step ? (step.with?.['node-version'] ?? []) : []));
    expect(new Set(matrices)).toEqual(new Set([`${oldest}.0`, current]));
    expect(new Set(fixed)).toEqual(new Set([current, '\u0024{{ matrix.node }}']));
  });
});

it('the workflow runs every check, the packed tarball on three systems, and the soak every night', () => {
  const { on, jobs } = workflowSchema.parse(parse(read('.github/workflows/ci.yml')));
  expect(Object.keys(on)).toEqual(expect.arrayContaining(['push', 'pull_request', 'schedule']));
  const { test, packed, soak } = jobs;
  expect([test, packed, soak].map((job) => job?.steps.at(-1))).toEqual([
    { run: 'npm test' },
    { run: 'npm run test:packed' },
    { run: 'npm run test:soak' },
  ]);
  expect(packed?.strategy?.matrix.os).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
});

const fieldSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string() }) }),
  ...(['input', 'textarea'] as const).map((type) =>
    z.strictObject({
      type: z.literal(type),
      id: z.string().regex(/^[\w-]+$/),
      attributes: z.strictObject({
        label: z.string(),
        description: z.string().optional(),
        render: z.string().optional(),
      }),
      validations: z.strictObject({ required: z.boolean() }),
    }),
  ),
  z.strictObject({
    type: z.literal('checkboxes'),
    id: z.string().regex(/^[\w-]+$/),
    attributes: z.strictObject({
      label: z.string(),
      options: z.array(z.strictObject({ label: z.string(), required: z.boolean() })),
    }),
  }),
]);
/** https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms */
const formSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(fieldSchema),
});
const forms = globSync('.github/ISSUE_TEMPLATE/*.yml').filter((path) => !path.endsWith('config.yml'));

describe.each(forms)('the issue form %s', (path) => {
  const { body } = formSchema.parse(parse(read(path)));

  it('has a name of its own for each field', () => {
    const ids = body.flatMap((field) => ('id' in field ? [field.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(2);
  });

  it('asks for no keys', () => {
    const [first] = body;
    expect(JSON.stringify(first)).toMatch(/Do not paste keys/);
  });
});

describe('who writes an issue', () => {
  it('is asked about a provider for what calloff doctor records', () => {
    expect(read('.github/ISSUE_TEMPLATE/provider-answers-differently.yml')).toContain(
      'calloff doctor --record',
    );
  });

  it('is sent to the private way for what is about security', () => {
    const config = z
      .strictObject({
        blank_issues_enabled: z.literal(false),
        contact_links: z.tuple([z.strictObject({ name: z.string(), url: z.url(), about: z.string() })]),
      })
      .parse(parse(read('.github/ISSUE_TEMPLATE/config.yml')));
    const [, owner = ''] = /^io\.github\.([\w-]+)\//.exec(packageJson.mcpName) ?? [];
    expect(config.contact_links[0].url).toBe(`https://github.com/${owner}/calloff/security/advisories/new`);
    expect(read('.github/ISSUE_TEMPLATE/bug.yml')).toContain('SECURITY.md');
    expect(existsSync('SECURITY.md')).toBe(true);
  });
});
