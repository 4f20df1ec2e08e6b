import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { twinNames, twins } from '../../sandbox/providers/index.ts';
import { type IonqSwitches, ionq } from '../../sandbox/providers/ionq.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { startProvider } from '../../sandbox/twin/pretend-provider.ts';
import type { ProviderModel } from '../../sandbox/twin/provider-model.ts';
import { type TwinLawName, twinLaws } from './twin-laws.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

describe.each(twinNames)('the twin of %s', (name) => {
  beforeEach(() => sandbox.providers[name].reset());

  for (const { name: law, check } of twinLaws) {
    test(law, async () => {
      expect(await check({ facts: twins[name], provider: sandbox.providers[name] })).toEqual([]);
    });
  }
});

type Routes = ProviderModel<IonqSwitches>['routes'];

/** IonQ's routes, with the answers of one operation changed. */
function routesWith(
  operation: Routes[number]['operation'],
  change: (route: Routes[number]) => Routes[number],
) {
  return ionq.routes.map((route) => (route.operation === operation ? change(route) : route));
}

/** Each cancel is said to have taken effect. */
const boastful = routesWith('cancel', (route) => ({
  ...route,
  answer: (visit, id) => ({ ...route.answer(visit, id), effective: [id] }),
}));

/** For every law, a twin that breaks it. A law without one does not compile. */
const sabotages: { readonly [law in TwinLawName]: ProviderModel<IonqSwitches> } = {
  'lives on this machine, below its base path': { ...ionq, basePaths: ['/v0.4/'] },
  'makes ids that fit into a path, each its own': { ...ionq, idOf: (uuid) => `a/${uuid}` },
  'shows each state with the word that stands for it': {
    ...ionq,
    meanings: { ...ionq.meanings, FAILED: 'completed' },
  },
  'cancels a running job, and shows the end when it has settled': {
    ...ionq,
    routes: routesWith('cancel', (route) => ({ ...route, answer: () => ({ status: 200, body: {} }) })),
  },
  'leaves a job that is over as it is': { ...ionq, routes: boastful },
  'lets a cancel take effect once': { ...ionq, routes: boastful },
  'knows no other jobs and no other paths, and tells one from the other': {
    ...ionq,
    unknownPath: () => ionq.error(404, 'Job not found'),
  },
  'wants its key, behind its prefix, and the newest': {
    ...ionq,
    badKey: () => ({ status: 400, body: {} }),
  },
  'answers no method that it does not have': { ...ionq, wrongMethod: () => ({ status: 405, body: {} }) },
  'says of what type its answers are': {
    ...ionq,
    unknownPath: () => ({ ...ionq.error(404, 'Not Found'), headers: { 'content-type': 'text/plain' } }),
  },
  'lists jobs, the newest first': {
    ...ionq,
    routes: routesWith('list', (route) => ({
      ...route,
      answer: (visit, id) => {
        const { served = {}, ...answer } = route.answer(visit, id);
        return { ...answer, served: Object.fromEntries(Object.entries(served).toReversed()) };
      },
    })),
  },
};

describe.each(twinLaws)('the law that a twin $name', ({ name, check }) => {
  test('catches one that does not', async () => {
    const facts = sabotages[name];
    const { provider, close } = await startProvider(facts, 'a-key-of-a-broken-twin', 0);
    expect(await check({ facts, provider })).not.toEqual([]);
    await close();
  });
});
