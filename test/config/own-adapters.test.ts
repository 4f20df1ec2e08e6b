import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withOwnAdapters } from '../../shared/config/adapters/load.ts';
import { readOwnProvider } from '../../shared/config/adapters/provider-form.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { noAdaptersInLambda } from '../../shared/config/file/adapters-schema.ts';
import { skipKeyResolution } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { configurationFromFile } from '../../shared/config/file/reload.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { faultText } from '../../shared/contract/result.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { ionq } from '../../shared/providers/ionq.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-'));
  await copyFile('examples/own-adapter/nimbus.mjs', join(folder, 'nimbus.mjs'));
});
afterEach(() => rm(folder, { recursive: true }));

const connections = { clouds: { provider: 'nimbus', api_key_env: 'KEY' } };
const put = (file: string, text: string) => writeFile(join(folder, file), text);
const name = (adapters: readonly string[], more: object = { connections }) =>
  put('calloff.json', JSON.stringify({ adapters, ...more }));
const settings = () => readSettings({ CALLOFF_CONFIG: join(folder, 'calloff.json') });

/** The faults for which calloff does not start. */
async function faults(): Promise<readonly string[]> {
  const error: unknown = await withOwnAdapters(settings()).catch((each: unknown) => each);
  return error instanceof ConfigurationError ? error.faults : [];
}

/** Like a file in a folder that the user may not look into. */
const unaskable = `${'x'.repeat(300)}.mjs`;

describe('an own adapter', () => {
  test('serves the connections that the configuration gives it', async () => {
    await name(['./nimbus.mjs']);
    const own = await withOwnAdapters(settings());
    const { initial } = configurationFromFile(join(folder, 'calloff.json'), own, {
      ...{ clock: new ManualClock(), log: () => undefined, environment: { KEY: 'a-key' } },
    });
    const [connection] = initial.connections;
    expect(connection).toMatchObject({
      ...{ name: 'clouds', provider: 'nimbus', apiKey: 'a-key', baseUrl: 'https://api.nimbus.example/v1' },
      own: { facts: { displayName: 'Nimbus' } },
    });
  });

  test.each([
    ['is not there', 'none.mjs', undefined, ['none.mjs is not there: no file has the path FOLDER/none.mjs']],
    ['cannot be asked for', unaskable, undefined, [`${unaskable} cannot be read (ENAMETOOLONG)`]],
    [
      'throws',
      'bad.mjs',
      '\nthrow new Error("boom\\nsecond line")',
      ['bad.mjs cannot be loaded: correct what it throws in line 2, which is Error: boom'],
    ],
    [
      'exports nothing',
      'bad.mjs',
      'export const a = 1;',
      ['bad.mjs exports no provider: it must export one, an object with id, cancel, status and more'],
    ],
    [
      'exports two',
      'bad.mjs',
      'export const a = { cancel: 1, status: 1 }, b = { cancel: 2, status: 1 };',
      ['bad.mjs exports 2 providers: give each a file of its own'],
    ],
    [
      'has not the form',
      'bad.mjs',
      "import { nimbus } from './nimbus.mjs'; const { key, ...rest } = nimbus; export default { ...rest, limits: 3 };",
      [
        'bad.mjs: key is missing: it must have a title and a variable',
        'bad.mjs: limits must be a list, which may be empty',
      ],
    ],
    [
      'misspells what it may leave out',
      'bad.mjs',
      "import { nimbus } from './nimbus.mjs'; export default { ...nimbus, abscence: 'may_be_over', list: { ...nimbus.list, state: {} } };",
      [
        'bad.mjs: list.state is unknown to this calloff: correct the name, or take it out',
        'bad.mjs: abscence is unknown to this calloff: correct the name, or take it out',
      ],
    ],
    [
      'takes an id of calloff',
      'bad.mjs',
      "import { nimbus } from './nimbus.mjs'; export default { ...nimbus, id: 'ionq' };",
      ['bad.mjs: id is the id of a provider that calloff has already'],
    ],
    [
      'has an id of another form',
      'bad.mjs',
      "import { nimbus } from './nimbus.mjs'; export default { ...nimbus, id: 'Nimbus/2' };",
      ['bad.mjs: id must be small letters, digits or -, begin with a letter, and have at most 40'],
    ],
  ])('that %s is a fault that names its file', async (_, file, text, expected) => {
    if (text !== undefined) await put(file, text);
    await name([file]);
    expect(await faults()).toEqual(
      expected.map((fault) => `adapters[0]: ${fault.replace('FOLDER', folder)}`),
    );
  });

  test('with the id of the file before it is a fault', async () => {
    await put('again.mjs', "export { nimbus } from './nimbus.mjs';");
    await name(['./nimbus.mjs', './again.mjs']);
    expect(await faults()).toEqual(['adapters[1]: ./again.mjs has the id nimbus, as a file before it']);
  });

  test('may tell the details that mean the same for all, and no others', () => {
    const read = readOwnProvider({ ...ionq, id: 'nimbus' });
    expect(read.ok ? '' : faultText(read.faults)).toMatch(
      /^details has execution_time_ms, which is none of commonDetails: pick from requests_total, /,
    );
  });

  test('may have places, whose options it declares', () => {
    const { details: _, ...rest } = ionq;
    const adapterAt = () => rest;
    const placed = readOwnProvider({ place: ['zone'], adapterAt });
    expect(placed.ok ? '' : faultText(placed.faults)).toBe('options must have zone, because place has');
  });

  test('must be there for any place, because its facts are read at one', () => {
    const adapterAt = () => {
      throw new TypeError('no such zone');
    };
    const read = readOwnProvider({ place: ['zone'], adapterAt });
    expect(read.ok ? '' : faultText(read.faults)).toBe(
      'adapterAt throws TypeError for {"zone":"zone"}, where calloff reads what is the same at every place: it must give an adapter for any text',
    );
  });

  test('with ids of another form than those of calloff may be named in a rule by a part of one', async () => {
    await put(
      'runs.mjs',
      "import { z } from 'calloff/adapter'; import { nimbus } from './nimbus.mjs'; export default { ...nimbus, jobId: z.string().regex(/^run_[a-z0-9]+$/) };",
    );
    const protecting = (id: string) => ({ connections, protected_jobs: [{ id }] });
    await name(['./runs.mjs'], protecting('run_a*'));
    const own = await withOwnAdapters(settings());
    const read = () =>
      configurationFromFile(join(folder, 'calloff.json'), own, {
        ...{ clock: new ManualClock(), log: () => undefined, environment: { KEY: 'a-key' } },
      }).initial.protectedJobs;
    expect(read()).toEqual([{ id: 'run_a*' }]);
    await name(['./runs.mjs'], protecting('job-1'));
    expect(read).toThrow('is not a possible job id at these connections');
  });

  test('is refused in Lambda', async () => {
    const text = await readFile('examples/own-adapter/calloff.json', 'utf8');
    const terms = { settings: readSettings({}), key: skipKeyResolution, adapters: () => noAdaptersInLambda };
    expect(() => readConfiguration(text, terms)).toThrow(
      'adapters is not allowed in Lambda, which runs no code beside its bundle. Take it out, or run "calloff serve" where the files are',
    );
  });

  test('that is added while a server runs waits for a restart, and the log says so', async () => {
    const entries: LogEntry[] = [];
    const clock = new ManualClock();
    await name([]);
    const parts = { clock, log: (entry: LogEntry) => void entries.push(entry), environment: { KEY: 'k' } };
    const own = await withOwnAdapters({ ...settings() }).catch(() => settings());
    await name([], {});
    const configuration = configurationFromFile(join(folder, 'calloff.json'), own, parts);
    await name(['./nimbus.mjs']);
    await clock.turn(5_000);
    expect((await configuration.current()).connections).toEqual(configuration.initial.connections);
    await name(['./nimbus.mjs'], {});
    await clock.turn(5_000);
    await configuration.current();
    expect(entries.map(({ event, see }) => [event, see])).toEqual([
      ['adapters_changed', 'restart calloff'],
      ['configuration_changed', undefined],
      ['adapters_changed', 'restart calloff'],
    ]);
  });
});
