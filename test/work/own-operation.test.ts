import { expect, it } from 'vitest';
import { operationsHarness } from '../support/operations.ts';

it('works on its own operation only, and gives a connection away while another operation is due there', async () => {
  const harness = await operationsHarness();
  const other = await harness.start(harness.addJobs({ sutro: 3 }));
  const own = await harness.start(harness.addJobs({ sutro: 1_200 }));
  const command = harness.newProcess({ isOurs: (id) => id === own }).worker;
  await harness.workOff(command);
  // One short turn, because someone else has something to do there.
  const doneOf = async (id: string) => (await harness.talliesOf(id)).get('sutro')?.counts.cancelled;
  expect([await doneOf(own), await doneOf(other)]).toEqual([500, 0]);
  const server = harness.newProcess().worker;
  const elsewhere = harness.clock.until(server.visit('sutro'));
  expect(['busy', 'watched']).toContain(await command.visit('sutro'));
  await elsewhere;
  expect([await doneOf(own), await doneOf(other)]).toEqual([1_200, 3]);
});

it('works its own operation off in one visit if no other is due, and leaves one alone that is not its own', async () => {
  const harness = await operationsHarness();
  const own = await harness.start(harness.addJobs({ sutro: 1_200 }));
  const stranger = harness.newProcess({ isOurs: () => false }).worker;
  expect([await stranger.isDue('sutro'), await stranger.visit('sutro')]).toEqual([false, 'done']);
  expect(await harness.stateNow(own)).toBe('running');
  await harness.workOff(harness.newProcess({ isOurs: (id) => id === own }).worker);
  expect(await harness.stateNow(own)).toBe('finished');
});
