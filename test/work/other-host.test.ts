import { describe, expect, it } from 'vitest';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import type { Store } from '../../shared/store/store.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { casesAt, runs } from '../support/thorough.ts';

const minuteMs = 60_000;
const ada = callOf(callerWith({}, { id: 'ada', kind: 'person' }));

/** Workers whose connection to Sutro can be led to another host, which answers 404 or stands before the same provider. */
async function opened() {
  const harness = await operationsHarness();
  const asked: string[] = [];
  let isSame = false;
  const fetch =
    (inner: typeof globalThis.fetch) => async (input: string | URL | Request, init?: RequestInit) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.host !== 'elsewhere.test') return inner(input, init);
      asked.push(url.pathname);
      if (!isSame)
        return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
      url.host = 'sutro.test';
      return inner(url, init);
    };
  const redirected = (settings: ConnectionSettings) =>
    settings.name === 'sutro'
      ? { ...settings, baseUrl: settings.baseUrl?.replace('sutro.test', 'elsewhere.test') }
      : settings;
  const { gateway } = harness.newProcess({ fetch });
  const view = async (id: string) => {
    const { state, providers } = accepted(await gateway.getOperation({ operation_id: id }, ada));
    return { state, held: providers.map(({ held_up }) => held_up) };
  };
  return {
    ...{ ...harness, asked, fetch, gateway, view, redirected },
    lead: (to: 'elsewhere' | 'back') =>
      harness.configure(to === 'back' ? harness.connections : harness.connections.map(redirected)),
    /** The other host stands before the same provider from now on. */
    bePrimary: () => {
      isSame = true;
    },
    start: async (jobs: readonly JobEntry[], terms: object = {}) =>
      accepted(await gateway.createOperation({ jobs, ...terms }, ada)).id,
    resume: async (id: string) => accepted(await gateway.resumeOperation({ operation_id: id }, ada)),
    pause: async (id: string) => accepted(await gateway.pauseOperation({ operation_id: id }, ada)),
  };
}

describe('an operation whose connection leads to another host', () => {
  it('sends nothing there, says why, and goes on there once a person has paused and resumed it', async () => {
    const { sandbox, clock, ...harness } = await opened();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 2 } });
    const id = await harness.start(harness.addJobs({ sutro: 200 }));
    harness.serve({ fetch: harness.fetch });
    await clock.turn(20_000);
    harness.lead('elsewhere');
    await clock.turn(5 * minuteMs);
    const sent = harness.cancels().length;
    expect(sent).toBeLessThan(200);
    expect(harness.asked).toEqual([]);
    const { state, held } = await harness.view(id);
    expect([state, held]).toEqual(['running', [expect.stringContaining('leads to another host')]]);
    expect(held[0]).toContain(`pause ${id} and resume it`);
    harness.bePrimary();
    await harness.resume(id);
    await clock.turn(minuteMs);
    expect(harness.asked).toEqual([]);
    await harness.pause(id);
    expect((await harness.view(id)).held).toEqual([expect.stringContaining('another host')]);
    await harness.resume(id);
    expect((await harness.view(id)).held).toEqual([undefined]);
    await clock.turn(5 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 200 });
    expect(harness.cancels()).toHaveLength(200);
    harness.lead('back');
    expect((await harness.view(id)).held).toEqual([undefined]);
  });

  it('accepts only a host that it was already held for, not any that a resume meets', async () => {
    const { clock, ...harness } = await opened();
    const id = await harness.start(harness.addJobs({ sutro: 40 }), { max_per_second: 1 });
    harness.serve({ fetch: harness.fetch });
    await clock.turn(5_000);
    await harness.pause(id);
    await clock.turn(minuteMs);
    harness.lead('elsewhere');
    await harness.resume(id);
    await clock.turn(minuteMs);
    expect(harness.asked).toEqual([]);
    expect((await harness.view(id)).held).toEqual([expect.stringContaining('another host')]);
  });

  it('goes on by itself once it leads back', async () => {
    const { clock, ...harness } = await opened();
    const id = await harness.start(harness.addJobs({ sutro: 40 }), { max_per_second: 1 });
    harness.serve({ fetch: harness.fetch });
    await clock.turn(5_000);
    harness.lead('elsewhere');
    await clock.turn(2 * minuteMs);
    harness.lead('back');
    await clock.turn(2 * minuteMs);
    expect([harness.asked, await harness.countsOf(id)]).toEqual([[], { cancelled: 40 }]);
    expect(await harness.view(id)).toEqual({ state: 'finished', held: [undefined] });
  });

  it('takes nothing of what is said there as the truth about jobs that it follows, and follows them after a resume', async () => {
    const { clock, ...harness } = await opened();
    const jobs = harness.addJobs({ sutro: 3 }, { settlesInMs: 30 * minuteMs });
    const id = await harness.start(jobs);
    harness.serve({ fetch: harness.fetch });
    await clock.turn(minuteMs / 2);
    harness.lead('elsewhere');
    await clock.turn(20 * minuteMs);
    expect([harness.asked, await harness.countsOf(id)]).toEqual([[], { cancelling: 3 }]);
    expect(await harness.view(id)).toEqual({
      ...{ state: 'following', held: [expect.stringContaining('another host')] },
    });
    harness.bePrimary();
    await harness.resume(id);
    await clock.turn(30 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 3 });
    expect(harness.cancels()).toHaveLength(3);
  });

  /** Leads an operation elsewhere that follows one job, and holds that it is held up. */
  async function heldUp(isSingle: boolean) {
    const harness = await opened();
    const { clock } = harness;
    const jobs = harness.addJobs({ sutro: 1 }, { settlesInMs: 60 * minuteMs });
    const single = async () => {
      const cancel = harness.gateway.cancelJob({ ...jobs[0], wait_seconds: 0 }, ada);
      return accepted(await clock.until(cancel)).operation?.id ?? '';
    };
    const id = isSingle ? await single() : await harness.start(jobs, { follow_hours: 1 });
    if (!isSingle) {
      harness.serve({ fetch: harness.fetch });
      await clock.turn(minuteMs / 2);
    }
    harness.lead('elsewhere');
    if (isSingle) harness.serve({ fetch: harness.fetch });
    await clock.turn(10 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelling: 1 });
    expect((await harness.view(id)).held).toEqual([expect.stringContaining('another host')]);
    return { ...harness, id };
  }

  it('is held even if it began as a single cancel', async () => {
    const { asked } = await heldUp(true);
    expect(asked).toEqual([]);
  });

  // The day of a single cancel is long, and its end is that of an hour.
  it.each(casesAt([false, true], 0))(
    'ends when the time to check its jobs is over, if it began as a single cancel: %s',
    async (isSingle) => {
      const { clock, id, ...harness } = await heldUp(isSingle);
      await clock.turn((isSingle ? 24 : 1) * 60 * minuteMs);
      expect(harness.asked).toEqual([]);
      expect((await harness.view(id)).state).toBe('finished');
      expect(await harness.agenda.of('sutro')).toEqual([]);
    },
  );

  it('stops within a second if its secret leads elsewhere in the middle of a slice, and keeps nothing that was seen there', async () => {
    const { sandbox, clock, ...harness } = await opened();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 40 } });
    let isElsewhere = false;
    const credentials = (settings: ConnectionSettings) => ({
      ...credentialFromSettings(settings),
      current: () => credentialFromSettings(isElsewhere ? harness.redirected(settings) : settings).current(),
    });
    // More than are sent in the eight seconds.
    const jobs = runs(1_000, 500);
    const id = await harness.start(harness.addJobs({ sutro: jobs }));
    harness.serve({ fetch: harness.fetch, credentials });
    await clock.turn(8_000);
    harness.bePrimary();
    isElsewhere = true;
    await clock.turn(1_000);
    const asked = harness.asked.filter((path) => /cancel/.test(path)).length;
    expect(asked).toBeLessThanOrEqual(10);
    await clock.turn(5 * minuteMs);
    expect(harness.asked.filter((path) => /cancel/.test(path))).toHaveLength(asked);
    expect(await harness.countsOf(id)).toEqual({ pending: jobs });
    isElsewhere = false;
    await clock.turn(10 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: jobs });
    expect((await harness.view(id)).state).toBe('finished');
  });

  it('keeps nothing of a check during which its secret came to lead elsewhere', async () => {
    const { clock, ...harness } = await opened();
    let isElsewhere = false;
    let isWatched = false;
    const credentials = (settings: ConnectionSettings) => ({
      ...credentialFromSettings(settings),
      current: () => credentialFromSettings(isElsewhere ? harness.redirected(settings) : settings).current(),
    });
    // The check reads what is known of the jobs first.
    const store = (inner: Store): Store => ({
      ...inner,
      get: (key) => {
        isElsewhere ||= isWatched && key.includes('/result/');
        return inner.get(key);
      },
    });
    harness.bePrimary();
    const id = await harness.start(harness.addJobs({ sutro: 3 }, { settlesInMs: 45_000 }));
    harness.serve({ fetch: harness.fetch, credentials, store });
    await clock.turn(minuteMs / 2);
    isWatched = true;
    await clock.turn(minuteMs);
    isWatched = false;
    expect(harness.asked).not.toEqual([]);
    expect(await harness.countsOf(id)).toEqual({ cancelling: 3 });
    const asked = harness.asked.length;
    await clock.turn(20 * minuteMs);
    expect(harness.asked).toHaveLength(asked);
    expect((await harness.view(id)).held).toEqual([expect.stringContaining('another host')]);
  });
});
