import { type Command, InvalidArgumentError } from 'commander';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import { withOwnAdapters } from '../../shared/config/adapters/load.ts';
import type { Configuration } from '../../shared/config/configuration.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import {
  addToken as addToFile,
  readForEditing,
  removeToken,
  type TokenEntry,
} from '../../shared/config/file/edit-tokens.ts';
import { localPepper } from '../../shared/config/secrets/pepper.ts';
import { readSettings, type Settings } from '../../shared/config/settings.ts';
import { age } from '../../shared/contract/requests.ts';
import { systemClock, timestamp } from '../../shared/lib/clock.ts';
import { trimInvisible } from '../../shared/lib/names.ts';
import { printUsageError } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { noteThisMachine } from '../remote/note-this-machine.ts';

interface CreateOptions {
  readonly expires?: number;
  readonly print?: true;
}

/** `calloff token create <caller>`, `calloff token list`, `calloff token revoke <id>` */
export function addTokenCommand(program: Command): void {
  const token = program.command('token').description('create, list and revoke the tokens of callers');
  token.hook('preAction', () => noteThisMachine('the configuration file'));
  const creating = token
    .command('create')
    .description('create a token for a caller of the configuration file, and show it once')
    .argument('<caller>', 'the name of the caller in the file', trimInvisible)
    .option('--expires <age>', 'let it expire after this time: 12h, 90d; default never', readAge)
    .option('--print', 'leave the file unchanged, and print what to paste into it')
    .action(create);
  const listing = token
    .command('list')
    .description('list the tokens in the configuration file')
    .option('--json', 'print JSON, on a terminal too')
    .action(list);
  const revoking = token
    .command('revoke')
    .description('remove a token from the configuration file; a running server follows within five seconds')
    .argument('<id>', 'the 8 letters and digits after calloff_', trimInvisible)
    .action(revoke);
  addExamples(token, [['calloff token create ada', 'create a token for the caller ada']]);
  addExamples(creating, [['calloff token create ada --expires 90d', 'create a token that expires']]);
  addExamples(listing, [['calloff token list', 'see whose tokens there are, and when they expire']]);
  addExamples(revoking, [['calloff token revoke 4fK9sQ2b', 'revoke a token by its id']]);
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const settings = await withOwnAdapters(readSettings());
  const path = options.print ? settings.configPath : configPathOf(settings);
  if (path !== undefined) {
    const { callers } = readForEditing(path, settings);
    if (!callers.has(name)) {
      const known = [...callers.keys()].join(', ') || 'none';
      return printUsageError(
        [`There is no caller ${name} in the configuration file; it has ${known}.`],
        'token create',
      );
    }
  }
  const { token, id } = createToken();
  const entry: TokenEntry = {
    id,
    hmac: hmacOf(token, await localPepper(settings)),
    ...(options.expires === undefined
      ? {}
      : { expires_at: timestamp(systemClock.wallTime() + options.expires) }),
  };
  if (path !== undefined && !options.print) await addToFile(path, settings, name, entry);
  process.stdout.write(`${token}\n`);
  process.stderr.write(`${aboutToken(name, entry, settings, options)}\n`);
}

function aboutToken(name: string, entry: TokenEntry, settings: Settings, { print }: CreateOptions): string {
  const life = entry.expires_at === undefined ? 'never expires' : `expires at ${entry.expires_at}`;
  const shown = `The token of ${name}, ${entry.id}, ${life}, and is not shown again.`;
  if (!print) return `${shown} A running server accepts it within five seconds.`;
  const pepper = settings.pepper === undefined ? `in ${settings.dataFolder}` : 'in CALLOFF_PEPPER';
  return `${shown} It works if the server uses the pepper ${pepper} and callers.${name}.tokens holds:\n${JSON.stringify(entry)}`;
}

async function list(options: OutputOptions): Promise<void> {
  const settings = await withOwnAdapters(readSettings());
  const tokens = tokensOf(readForEditing(configPathOf(settings), settings), systemClock.wallTime());
  const rows = tokens.map(({ caller, id, expires_at, expired }) => [
    caller,
    id,
    expires_at ?? 'never',
    expired ? 'expired' : 'valid',
  ]);
  print({ tokens }, options, (terminal) => table(columns, rows, terminal));
}

async function revoke(id: string): Promise<void> {
  const settings = await withOwnAdapters(readSettings());
  const path = configPathOf(settings);
  const known = tokensOf(readForEditing(path, settings), systemClock.wallTime()).find(
    (each) => each.id === id,
  );
  if (known === undefined)
    return printUsageError(
      ['There is no token with this id; "calloff token list" shows the ids.'],
      'token revoke',
    );
  await removeToken(path, settings, known.caller, id);
  process.stdout.write(`The token ${id} of ${known.caller} is revoked.\n`);
}

const columns = [
  { title: 'CALLER', kind: 'text' },
  { title: 'TOKEN', kind: 'id' },
  { title: 'EXPIRES', kind: 'plain' },
  { title: 'STATUS', kind: 'plain', style: (status: string) => (status === 'expired' ? 'red' : undefined) },
] as const;

function tokensOf({ tokens }: Configuration, now: number) {
  return [...(tokens === 'one' ? [] : tokens)].map(([id, { caller, expiresAt }]) => ({
    caller: caller.id,
    id,
    expires_at: expiresAt === undefined ? null : timestamp(expiresAt),
    expired: expiresAt !== undefined && expiresAt <= now,
  }));
}

function configPathOf({ configPath }: Settings): string {
  if (configPath !== undefined) return configPath;
  throw new ConfigurationError(['CALLOFF_CONFIG must name the configuration file that holds the tokens']);
}

function readAge(text: string): number {
  const { data, error } = age.safeParse(text);
  if (data !== undefined && data > 0) return data;
  throw new InvalidArgumentError(error?.issues[0]?.message ?? 'must be longer than nothing');
}
