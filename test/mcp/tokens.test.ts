import { randomUUID } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it, test } from 'vitest';
import { loadedTools } from '../../mcp/loaded-tools.ts';
import { buildServer } from '../../mcp/server.ts';
import { digestResult } from '../../mcp/tools/bulk-result.ts';
import { randomNumbers } from '../../sandbox/random.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import { usualNames } from '../support/harness.ts';
import { casesAt } from '../support/thorough.ts';
import { countTokens } from '../support/tokens.ts';
import { type Kind, kinds, outcomeOf } from '../support/truth/outcomes.ts';

/** Everything that tools/list sends. */
async function definitions(): Promise<unknown> {
  const server = buildServer(() => Promise.reject(new Error('no call is made')), loadedTools);
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(near);
  const listed = await client.listTools();
  await client.close();
  return listed;
}

it('defines its tools as tools.json says; after a wanted change: npm run generate', async () => {
  const shown = `${JSON.stringify(await definitions(), null, 2)}\n`;
  await expect(shown).toMatchFileSnapshot('../fixtures/mcp/tools.json');
});

it('costs less than 2,400 tokens to define', async () => {
  expect(countTokens(await definitions())).toBeLessThan(2_400);
});

const random = randomNumbers(7);
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-';
const anyId = (length: number) =>
  `x${Array.from({ length: length - 1 }, () => letters[Math.floor(random() * letters.length)]).join('')}`;
const thousandOf = (newId: () => string) => Array.from({ length: 1_000 }, newId);
const ids = {
  UUIDs: thousandOf(randomUUID),
  'ids of one character': thousandOf(() => anyId(1)),
  'ids of 36 characters': thousandOf(() => anyId(36)),
  'ids of 200 characters': thousandOf(() => anyId(200)),
};

const failures = kinds.filter(({ outcome }) => outcome === 'failed');
const mixes: readonly (readonly [string, readonly Kind[]])[] = [
  ...kinds.map((kind) => [kind.code ?? kind.outcome, [kind]] as const),
  ['everything', kinds],
  ['every failure, and open', [...failures, { outcome: 'cancelling' }, { outcome: 'unknown' }]],
  [
    'every refusal, and open',
    [...kinds.filter(({ outcome }) => outcome === 'refused'), { outcome: 'unknown' }],
  ],
];
const worst = mixes.flatMap(([mix, parts]) =>
  [usualNames, usualNames.slice(0, 1)].flatMap((providers) =>
    [1_000, parts.length * providers.length].map((often) => ({ mix, parts, providers, often })),
  ),
);

/** The mix for as many jobs as `often` says; the others are not over, which costs a step for every provider. */
function outcomesOf(
  { parts, providers, often }: (typeof worst)[number],
  jobIds: readonly string[],
): Outcome[] {
  return jobIds.map((job_id, index) => {
    const kind: Kind = (index < often ? parts[index % parts.length] : undefined) ?? { outcome: 'cancelling' };
    const all = index < often ? providers : usualNames;
    const provider = all[Math.floor(index / parts.length) % all.length] ?? 'ionq';
    return outcomeOf({ provider, job_id, state: 'cancelling', ...kind });
  });
}

test.each(casesAt(Object.entries(ids), 3))(
  'tells of 1,000 jobs in less than 4,000 tokens, with %s',
  (_name, jobIds) => {
    const costs = worst.map((each) => {
      const outcomes = outcomesOf(each, jobIds);
      const counts = countOutcomes(outcomes);
      const { structured, text } = digestResult({
        request_id: randomUUID(),
        outcomes,
        counts,
        duplicates: 4_000,
      });
      const whole = { content: [{ type: 'text', text }], structuredContent: structured, isError: true };
      const { mix, providers, often } = each;
      return { tokens: countTokens(whole), mix, often, providers: providers.join() };
    });
    const dearest = costs.toSorted((one, other) => other.tokens - one.tokens)[0];
    expect(dearest?.tokens, JSON.stringify(dearest)).toBeLessThan(4_000);
  },
);
