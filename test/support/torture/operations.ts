import { setTimeout as wait } from 'node:timers/promises';
import type * as z from 'zod';
import {
  operationOutcomesSchema,
  operationSchema,
} from '../../../shared/contract/answers/operation-schema.ts';
import { anyCaller, anyServer, type Torture } from './actions.ts';
import { ask, type Heard } from './ask.ts';
import { newJobs } from './dice.ts';
import { lostInOperation } from './judge.ts';
import { nameOf, type TorturedJob } from './record.ts';
import type { TorturedCaller } from './world.ts';

type View = z.infer<typeof operationSchema>;

/** An operation of a run, and who asked for it. */
interface Running {
  readonly id: string;
  readonly caller: TorturedCaller;
  readonly jobs: readonly TorturedJob[];
}

/** What an operation has still to do at a provider. */
function sharesOf({ provider, pending, held_up }: View['providers'][number]) {
  return `${provider} ${pending} ${held_up ?? ''}`;
}

/** How long the operations of a run may take to end once nothing disturbs them, in milliseconds. */
const longestEndMs = 240_000;
const over: readonly View['state'][] = ['finished', 'following'];

/** The operations of a run: made, paused and resumed through any server, and held to their jobs at the end. */
export class TorturedOperations {
  readonly #torture: Torture;
  readonly #running: Running[] = [];

  constructor(torture: Torture) {
    this.#torture = torture;
  }

  /** How many there are. */
  get count(): number {
    return this.#running.length;
  }

  /** Creates one, and again under the same key until there is an answer: a lost answer must not make two. */
  async create(count: number): Promise<void> {
    const { dice, record } = this.#torture;
    const caller = anyCaller(this.#torture, 'person');
    const jobs = newJobs(this.#torture, count);
    const key = `torture-${this.#running.length}-${dice.whole(0, 1e9)}`;
    const found = new Set<string>();
    for (let tries = 0; tries < 20; tries += 1) {
      const heard = await this.#ask(caller, 'POST', '', { jobs }, { 'idempotency-key': key });
      const { data } = operationSchema.safeParse(heard?.json);
      if (data !== undefined) found.add(data.id);
      if (data !== undefined && (tries > 0 || dice.chance(0.7))) break;
      // A token that was replaced while the request was on its way is judged elsewhere.
      const isFault = heard !== undefined && heard.status < 500 && heard.status !== 401;
      if (isFault && data === undefined)
        record.wrong(`an operation was answered ${heard.status}: ${heard.text.slice(0, 300)}`);
      await wait(500);
    }
    if (found.size > 1) record.wrong(`one idempotency key made the operations ${[...found].join(' and ')}`);
    const [id] = found;
    if (id !== undefined) this.#running.push({ id, caller, jobs });
    record.count('operations');
    record.count('jobs of operations', jobs.length);
    record.event(`operation ${id ?? 'without an answer'} of ${count} jobs`);
  }

  /** Pauses one, and resumes it soon; how many cancels come later than a second after the pause is not counted here. */
  async interrupt(): Promise<void> {
    const { dice } = this.#torture;
    if (this.#running.length === 0) return;
    const { id, caller } = dice.pick(this.#running);
    await this.#ask(caller, 'POST', `/${id}/pause`, {});
    await wait(dice.whole(100, 2_000));
    await this.#ask(caller, 'POST', `/${id}/resume`, {});
  }

  /** Waits until each has done what it can, and hears what it says of its jobs. */
  async end(): Promise<void> {
    const { record, dice } = this.#torture;
    const until = record.now() + longestEndMs;
    let open = this.#running;
    while (open.length > 0 && record.now() < until) {
      const states = await Promise.all(open.map((each) => this.#view(each)));
      for (const [index, view] of states.entries()) {
        const running = open[index];
        if (running !== undefined && (view?.state === 'paused' || view?.state === 'draft'))
          await this.#ask(running.caller, 'POST', `/${running.id}/resume`, {});
      }
      open = open.filter((_, index) => {
        const state = states[index]?.state;
        return state === undefined || !over.includes(state);
      });
      for (const view of states)
        if (view !== undefined && dice.chance(0.1))
          record.event(`${view.id} ${view.state} ${JSON.stringify(view.providers.map(sharesOf))}`);
      if (open.length > 0) await wait(1_000);
    }
    for (const running of open) {
      const view = await this.#view(running);
      const shares = view?.providers.map(({ provider, pending, held_up }) => ({
        provider,
        pending,
        held_up,
      }));
      record.wrong(`operation ${running.id} is ${view?.state}: ${JSON.stringify(shares)}`);
    }
    for (const running of this.#running) await this.#hear(running);
  }

  async #view({ id, caller }: Running): Promise<View | undefined> {
    return operationSchema.safeParse((await this.#ask(caller, 'GET', `/${id}`))?.json).data;
  }

  async #hear({ id, caller, jobs }: Running): Promise<void> {
    const { record } = this.#torture;
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const heard = await this.#ask(caller, 'GET', `/${id}/outcomes?limit=1000${after}`);
      const page = operationOutcomesSchema.parse(heard?.json);
      for (const { provider, job_id, outcome, state, pending } of page.outcomes) {
        const job = nameOf({ provider, job_id });
        found.push(job);
        if (pending) record.wrong(`${job} of operation ${id} has no outcome`);
        else record.hearsWord({ surface: 'operation', job, outcome, state }, provider);
      }
      cursor = page.next_cursor;
    }
    for (const lost of lostInOperation(jobs.map(nameOf), found)) record.wrong(`operation ${id}: ${lost}`);
  }

  async #ask(
    caller: TorturedCaller,
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Heard | undefined> {
    const server = await anyServer(this.#torture);
    const what = `an operation (${method})`;
    return ask(this.#torture.record, {
      what,
      server,
      caller,
      method,
      path: `/v1/operations${path}`,
      body,
      headers,
    });
  }
}
