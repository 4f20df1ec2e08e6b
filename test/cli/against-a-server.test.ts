import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayAll } from '../support/configuration.ts';
import type { Finished } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import {
  clientEnvironment,
  localEnvironment,
  runWith,
  seed,
  type Typing,
  withoutChance,
} from '../support/surfaces/beside-a-server.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';
import { cases, casesAt } from '../support/thorough.ts';

const roles = {
  ada: { kind: 'person', may: mayAll },
  careful: { kind: 'person', may: { ...mayAll, confirm_above: 1 } },
  reader: { kind: 'person', may: { connections: ['sutro'], actions: ['list'] } },
  bot: { kind: 'agent', may: { connections: ['sutro'], actions: ['list', 'cancel'], confirm_above: 0 } },
  rare: { kind: 'person', may: { ...mayAll, reads_per_minute: 1 } },
} as const satisfies Record<string, Role>;

let server: TestServer;
const folder = freshFolder();
const file = join(folder, 'jobs.csv');

const atServer = (caller: keyof typeof roles, typing: Typing) =>
  runWith(clientEnvironment(server.url, server.tokenOf(caller)), typing);

/** The jobs of each story. Nothing of them depends on when they are added. */
const jobs = [
  { id: 'job-1', state: 'running', settlesInMs: 0, name: 'sweep 1' },
  { id: 'job-2', state: 'running', settlesInMs: 0, name: 'sweep 2' },
  { id: 'job-3', state: 'completed', name: 'over' },
  { id: 'job-4', state: 'queued', settlesInMs: 0, name: 'Customer support 1' },
];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, 'provider,job_id\nsutro,job-1\nsutro,job-2\n');
  server = await openTestServer(
    roles,
    {},
    { document: { protected_jobs: [{ connection: 'sutro', name: 'customer support*' }] } },
  );
});
afterAll(() => server.close());

/** Runs a command here and against the server, on the same jobs. */
async function bothWays(caller: keyof typeof roles, typing: Typing): Promise<[Finished, Finished]> {
  seed(server, 'sutro', jobs);
  const here = await runWith(localEnvironment(server, roles[caller]), typing);
  seed(server, 'sutro', jobs);
  return [withoutChance(here), withoutChance(await atServer(caller, typing))];
}

const stories: readonly (readonly [keyof typeof roles, string])[] = [
  ['ada', 'list'],
  ['ada', 'list --all --wide'],
  ['ada', 'list --state running --name sweep --limit 1'],
  ['ada', 'list --provider nowhere'],
  ['ada', 'list --older-than soon'],
  ['reader', 'list'],
  ['reader', 'list --provider ionq'],
  ['ada', 'get sutro job-1'],
  ['ada', 'get sutro job-1 job-3 job-none'],
  ['ada', 'get sutro job-none'],
  ['ada', 'get ionq job-1'],
  ['ada', 'get nowhere job-1'],
  ['ada', 'cancel sutro job-1 --reason wrong'],
  ['ada', 'cancel sutro job-1 job-3 job-4 job-none'],
  ['ada', 'cancel sutro job-1 job-1 --dry-run'],
  ['ada', 'cancel ionq not-a-uuid'],
  ['ada', 'cancel nowhere job-1'],
  ['ada', 'cancel sutro job-1 --confirmation k7m2p9x4qd'],
  ['ada', 'cancel --from FILE --wait 0'],
  ['ada', 'cancel sutro --name nothing-like-it'],
  ['ada', 'cancel sutro --state finished'],
  ['reader', 'cancel sutro job-1'],
  ['careful', 'cancel sutro job-1 job-2'],
  ['bot', 'cancel sutro job-1'],
  ['ada', 'follow op_k7m2p9x4qdk7m2p9x4qd'],
  ['ada', 'pause op_short'],
  ['reader', 'pause op_k7m2p9x4qdk7m2p9x4qd'],
  ['ada', 'resume op_k7m2p9x4qdk7m2p9x4qd'],
  ['ada', 'operations --state finished'],
  ['ada', 'confirm k7m2p9x4qd --yes'],
  ['ada', 'confirm k7m2p9x4qd --decline'],
  ['ada', 'confirm k7'],
  ['bot', 'confirm k7m2p9x4qd --yes'],
  ['reader', 'confirm'],
  ['reader', 'audit'],
  ['ada', 'audit --since yesterday'],
];

describe('a command against a server', () => {
  describe.each([
    ['at a terminal', true, casesAt(stories, 0, 8, 12, 13, 14, 18, 21, 22, 23, 24, 29, 32, 34)],
    ['in a pipe', false, casesAt(stories, 0, 10, 20, 30)],
  ] as const)('%s', (_where, isTerminal, told) => {
    it.each(told)('of %s: %s prints the same and ends with the same code', async (caller, line) => {
      const args = line.split(' ').map((word) => (word === 'FILE' ? file : word));
      const [here, there] = await bothWays(caller, { args, isTerminal });
      expect(there).toEqual(here);
    });
  });

  it('says of each job beyond the reads of a minute that its status was not read', async () => {
    const [here, there] = await bothWays('rare', { args: ['get', 'sutro', 'job-1', 'job-2'] });
    expect(there).toEqual(here);
    expect(here.stdout).toContain('caller_rate_limited');
  });

  it.each(['y\n', 'n\n', ''])(
    'asks the person as a command on this machine does, who answers %j',
    async (typed) => {
      const commands = [
        ['cancel', 'sutro', '--name', 'sweep'],
        ['cancel', 'sutro', '--state', 'running', '--reason', 'why'],
      ];
      for (const args of cases(commands, (_words, index) => index === 0 || typed === 'y\n')) {
        const [here, there] = await bothWays('careful', { args, typed, isTerminal: true });
        expect(there).toEqual(here);
        expect(here.stderr).toContain('You are about to cancel 2 jobs.');
      }
    },
  );
});
