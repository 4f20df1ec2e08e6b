import { beforeAll, describe, expect, it } from 'vitest';
import { operationFaults } from '../../shared/messages/operation-request.ts';
import { agentWith, callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { type OperationSurface, operationSurfaces } from '../support/surfaces/operation-surfaces.ts';

const minuteMs = 60_000;
const maya = callerWith({}, { id: 'maya', kind: 'person' });
/** An agent of the same id, whose operations need a confirmation. */
const agent = agentWith({ confirmAbove: 1 }, 'maya');

/** Providers, a store, a worker, and every surface on them. */
async function opened() {
  const harness = await operationsHarness({
    callerInForce: async () => maya,
    protectedJobs: async () => [{ id: 'keep-*' }],
  });
  const { gateway, worker } = harness.newProcess();
  const surfaces = await operationSurfaces({ ...harness, gateway, caller: maya });
  const { clock, sandbox } = harness;
  const addJobs = (count: number, seed = {}) => harness.addJobs({ sutro: count }, seed);
  const create = async (jobs: readonly object[], caller = maya) =>
    accepted(await gateway.createOperation({ jobs }, callOf(caller))).id;
  const addProtected = () => {
    const job_id = sandbox.providers.sutro.addJob({ id: 'keep-1', state: 'running' });
    return [{ provider: 'sutro', job_id }];
  };
  const actor = (name: string): OperationSurface => {
    const found = surfaces.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no such surface: ${name}`);
    return found;
  };
  const workOff = () => harness.workOff(worker);
  return { ...{ harness, gateway, surfaces, clock, addJobs, addProtected, create, actor, workOff } };
}
type Stage = Awaited<ReturnType<typeof opened>>;

/** Something that happens to an operation, through one of the surfaces, and what every surface must tell of it then. */
interface Story {
  readonly name: string;
  happen(stage: Stage, actor: OperationSurface): Promise<string>;
  readonly told: { readonly state: string; readonly counts: Readonly<Record<string, number>> };
  /** A part of what each of them says. */
  readonly says?: RegExp;
}

const stories: readonly Story[] = [
  {
    name: 'created',
    happen: ({ create, addJobs }) => create(addJobs(3)),
    told: { state: 'running', counts: { pending: 3 } },
  },
  {
    name: 'waiting for a confirmation',
    happen: ({ create, addJobs }) => create(addJobs(3), agent),
    told: { state: 'waiting_for_confirmation', counts: { pending: 3 } },
  },
  {
    name: 'paused',
    async happen({ create, addJobs, workOff }, actor) {
      const id = await create(addJobs(3));
      await actor.pause(id);
      await workOff();
      return id;
    },
    told: { state: 'paused', counts: { pending: 3 } },
  },
  {
    name: 'resumed',
    async happen({ create, addJobs }, actor) {
      const id = await create(addJobs(3));
      await actor.pause(id);
      await actor.resume(id);
      return id;
    },
    told: { state: 'running', counts: { pending: 3 } },
  },
  {
    name: 'finished',
    async happen({ create, addJobs, workOff }) {
      const id = await create([...addJobs(3), ...addJobs(1, { state: 'completed' })]);
      await workOff();
      return id;
    },
    told: { state: 'finished', counts: { cancelled: 3, already_finished: 1 } },
  },
  {
    name: 'finished after a resume',
    async happen({ create, addJobs, workOff }, actor) {
      const id = await create(addJobs(3));
      await actor.pause(id);
      await actor.resume(id);
      await workOff();
      return id;
    },
    told: { state: 'finished', counts: { cancelled: 3 } },
  },
  {
    name: 'refused',
    async happen({ create, addJobs, addProtected, workOff }) {
      const id = await create([...addJobs(2), ...addProtected()]);
      await workOff();
      return id;
    },
    told: { state: 'finished', counts: { cancelled: 2, refused: 1 } },
  },
  {
    name: 'not over after twenty minutes',
    async happen({ harness, clock, create, addJobs }) {
      const id = await create(addJobs(2, { settlesInMs: 30 * minuteMs }));
      harness.serve();
      await clock.turn(20 * minuteMs);
      return id;
    },
    told: { state: 'following', counts: { cancelling: 2 } },
  },
  {
    name: 'over after more than twenty minutes',
    async happen({ harness, clock, create, addJobs }) {
      const id = await create(addJobs(2, { settlesInMs: 20 * minuteMs }));
      harness.serve();
      await clock.turn(30 * minuteMs);
      return id;
    },
    told: { state: 'finished', counts: { cancelled: 2 } },
  },
  {
    name: 'came back',
    async happen({ harness, clock, create, addJobs }) {
      const id = await create([...addJobs(1, { comesBackInMs: 2 * minuteMs }), ...addJobs(2)]);
      harness.serve();
      await clock.turn(20 * minuteMs);
      return id;
    },
    told: { state: 'finished', counts: { cancelled: 2, came_back: 1 } },
    says: /c[oa]me back to life/,
  },
  {
    name: 'came back while others are not over',
    async happen({ harness, clock, create, addJobs }) {
      const others = addJobs(2, { settlesInMs: 60 * minuteMs });
      const id = await create([...addJobs(1, { comesBackInMs: 2 * minuteMs }), ...others]);
      harness.serve();
      await clock.turn(20 * minuteMs);
      return id;
    },
    told: { state: 'following', counts: { cancelling: 2, came_back: 1 } },
    says: /c[oa]me back to life/,
  },
];

const actors = ['HTTP', 'MCP', 'the command line', 'Slack'];

/** Each story once, or through every surface if a surface directs the operation in it. */
const cases = stories.flatMap((story) =>
  (story.happen.length > 1 ? actors : actors.slice(0, 1)).map((actor) => ({ ...story, actor })),
);

describe('every surface tells the same of an operation', () => {
  it.each(cases)('$name, by $actor', async ({ happen, told, says = /./, actor }) => {
    const stage = await opened();
    const id = await happen(stage, stage.actor(actor));
    for (const surface of stage.surfaces) {
      const { text, ...read } = await surface.read(id);
      expect(read, surface.name).toEqual(told);
      expect(text, surface.name).toMatch(says);
    }
  });
});

describe('an operation that cannot be resumed', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await opened();
  });

  it.each(actors)('is told with the same sentence by %s', async (name) => {
    const id = await stage.create(stage.addJobs(1));
    await stage.workOff();
    expect(await stage.actor(name).resume(id)).toContain(operationFaults.nothingToDo);
    expect(await stage.actor(name).resume(`op_${'a'.repeat(20)}`)).toContain(operationFaults.unknown);
  });
});
