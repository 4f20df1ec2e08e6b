import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { faultCases, scopes } from '../truth/faults.ts';
import type { Torture } from './actions.ts';
import { keyOf, tortured } from './providers.ts';
import { makeToken } from './world.ts';

/** Something that goes wrong around calloff. */
type Mishap = (torture: Torture) => Promise<void>;

/** Faults that make calloff wait for long, or that make a status untrue, so that no client could know better. */
const unwanted = new Set([
  '429, an hour',
  'a huge body',
  'a look and a status that contradict each other',
  '401',
  '403',
]);
const wanted = faultCases.filter(({ name }) => !unwanted.has(name));

/** New faults at a provider in the place of the old, each of a random kind, reach and frequency. */
export const changeFaults: Mishap = async ({ dice, providers, record }) => {
  const name = dice.pick(tortured);
  const twin = providers.twins[name];
  twin.clearFaults();
  twin.setLimits(dice.chance(0.3) ? { [dice.pick(['cancel', 'status', 'list'])]: { perSecond: 40 } } : {});
  const count = dice.whole(0, 5);
  for (let at = 0; at < count; at += 1) {
    const { name: kind, fault, at: isPossible } = dice.pick(wanted);
    if (isPossible !== undefined) continue;
    const scope = dice.pick(['cancel', 'looks', 'everything'] as const);
    const probability = fault.kind === 'hang' ? 0.01 : dice.pick([0.02, 0.1, 0.3]);
    twin.setFault({ ...fault, operations: scopes[scope], probability, seed: dice.whole(0, 1e6) });
    record.event(`${name}: ${kind} on ${scope}, ${probability}`);
  }
  record.count('changes of faults');
};

/** Another process has the store locked: shorter than calloff waits, or longer. */
export const lockStore: Mishap = async ({ dice, record, world }) => {
  const ms = dice.pick([500, 2_000, 7_000]);
  record.event(`the store is locked for ${ms} ms`);
  record.count('locks of the store');
  const lock = async () => {
    const database = new DatabaseSync(world.storeFile);
    try {
      database.exec('PRAGMA busy_timeout = 2000');
      database.exec('BEGIN IMMEDIATE');
      await wait(ms);
      database.exec('ROLLBACK');
    } finally {
      database.close();
    }
  };
  if (ms < 1_000) await lock();
  else await record.during({ place: 'store' }, lock);
};

/** The wall clock of the machine is set, to at most three hours off. */
export const stepClock: Mishap = async (torture) => {
  const { dice, record, world } = torture;
  const offsetMs = dice.pick([-3 * 3_600_000, -90_000, -1_000, 0, 0, 700, 60_000, 2 * 3_600_000]);
  record.event(`the clock is off by ${offsetMs} ms`);
  record.count('clock steps');
  world.setClock(offsetMs);
  await Promise.all(torture.servers.map((server) => server.look()));
};

/** Every provider's key is replaced: the servers read the new one when they start. */
export async function rotateKeys(
  { providers, record, servers, world }: Torture,
  version: number,
): Promise<void> {
  record.event(`the keys are those of version ${version}`);
  record.count('rotations of all keys');
  for (const name of tortured) {
    providers.twins[name].setKey(keyOf(name, version));
    world.setKey(name, version);
  }
  for (const server of servers) await server.restart();
}

/** How long until a changed configuration is in force, in milliseconds: five seconds, and some for a busy machine. */
const followedMs = 7_000;

/** Every third caller gets a new token beside the old one, and the old one is then taken away. */
export async function rotateTokens({ record, servers, world }: Torture): Promise<void> {
  record.event('tokens are replaced');
  const changed = world.callers.filter((_, index) => index % 3 === 0);
  const next = new Map(changed.map((caller) => [caller, makeToken()]));
  const old = new Map(changed.map((caller) => [caller, caller.token]));
  world.write(next);
  await wait(followedMs);
  for (const [caller, token] of next) caller.token = token;
  world.write(old);
  await wait(3_000);
  world.write();
  await wait(followedMs);
  record.count('replaced tokens', changed.length);
  for (const { url, name } of servers) {
    const [revoked] = old.values();
    if (url === undefined || revoked === undefined) continue;
    const answer = await fetch(`${url}/v1/caller`, {
      headers: { authorization: `Bearer ${revoked.token}` },
    }).catch(() => undefined);
    if (answer !== undefined && answer.status !== 401)
      record.wrong(`${name} answered ${answer.status} to a token that was taken away`);
  }
}
