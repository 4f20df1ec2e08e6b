import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken, hmacOf } from '../../../shared/access/api-token.ts';
import { unrestrictedRights } from '../../../shared/access/caller.ts';
import { bareEnvironment } from '../process/run.ts';
import { freshFolder } from '../process/temporary.ts';
import { secretMark } from './judge.ts';
import { keyOf, type Tortured, type TorturedProviders, tortured } from './providers.ts';

const pepper = `${secretMark}pepper-of-more-than-32-characters`;

/** The time for one call, in milliseconds: enough for 1,000 callers at once on a busy machine. */
export const budgetMs = 20_000;

/** A token, and its entry in the configuration. */
export interface TorturedToken {
  readonly token: string;
  readonly entry: object;
}

/** A token of this run. */
export function makeToken(): TorturedToken {
  const { token, id } = createToken();
  return { token, entry: { id, hmac: hmacOf(token, pepper) } };
}

/** A caller of a run, with the token that counts now. */
export interface TorturedCaller {
  readonly name: string;
  readonly kind: 'person' | 'program' | 'agent';
  token: TorturedToken;
}

/** The secret of the Slack app. */
export const slackSecret = `${secretMark}slack-of-32-characters`;

function kindOf(index: number): TorturedCaller['kind'] {
  if (index % 10 === 1) return 'agent';
  return index % 10 === 2 ? 'person' : 'program';
}

/** What differs in the rights of callers: most may do everything, some are counted, agents need a confirmation soon. */
function rightsOf({ kind }: TorturedCaller, index: number) {
  const everywhere = { connections: ['*'] };
  if (kind === 'agent') return { ...everywhere, actions: ['list', 'cancel'], confirm_above: 3 };
  const all = { ...everywhere, actions: [...unrestrictedRights.actions] };
  // People start operations here, which such a right would slow down for minutes.
  return kind === 'program' && index % 7 === 3
    ? { ...all, cancels_per_minute: 30, reads_per_minute: 60 }
    : all;
}

/** The configuration, the callers and the folder of a run. */
export class World {
  readonly folder = freshFolder();
  readonly dataFolder = join(this.folder, 'data');
  readonly callers: readonly TorturedCaller[];
  readonly #configuration = join(this.folder, 'calloff.json');
  readonly #connections = new Map<Tortured, string>();
  /** Where messages to Slack go. */
  slackOrigin = '';
  /** How far the wall clock of the servers is off, in milliseconds. */
  offsetMs = 0;

  constructor(count: number) {
    mkdirSync(join(this.folder, 'keys'), { recursive: true });
    this.callers = Array.from({ length: count }, (_, index) => ({
      ...{ name: `caller-${index}`, kind: kindOf(index) },
      token: makeToken(),
    }));
    this.setClock(0);
  }

  /** Where the store is. */
  get storeFile(): string {
    return join(this.dataFolder, 'calloff.sqlite');
  }

  /** Writes the configuration for the first time. */
  connect(providers: TorturedProviders): void {
    for (const name of tortured) {
      this.#connections.set(name, providers.twins[name].baseUrl);
      this.setKey(name, 1);
    }
    this.write();
  }

  /** Sets the wall clock of the servers, which read it when they are told. */
  setClock(offsetMs: number): void {
    this.offsetMs = offsetMs;
    writeFileSync(join(this.folder, 'clock'), String(offsetMs));
  }

  setKey(name: Tortured, version: number): void {
    writeFileSync(join(this.folder, 'keys', name), `${keyOf(name, version)}\n`);
  }

  /** Writes the configuration, which servers follow within five seconds. `besides`: tokens that count, too. */
  write(besides: ReadonlyMap<TorturedCaller, TorturedToken> = new Map()): void {
    const connections = Object.fromEntries(
      [...this.#connections].map(([name, base_url]) => [
        name,
        { provider: name, base_url, api_key_file: `keys/${name}` },
      ]),
    );
    const callers = Object.fromEntries(
      this.callers.map((caller, index) => {
        const tokens = [caller.token, besides.get(caller)].flatMap((token) => token?.entry ?? []);
        const slack = index === 2 ? { slack: [{ team_id: 'T111', user_id: 'W111' }] } : {};
        return [caller.name, { kind: caller.kind, tokens, may: rightsOf(caller, index), ...slack }];
      }),
    );
    const slack = { team_id: 'T111', app_id: 'A111', channels: ['C111'] };
    writeFileSync(this.#configuration, JSON.stringify({ connections, callers, slack }));
  }

  /** The environment of every process of calloff on this store. */
  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return bareEnvironment({
      ...{ CALLOFF_CONFIG: this.#configuration, CALLOFF_DATA_DIR: this.dataFolder, CALLOFF_PEPPER: pepper },
      ...{ CALLOFF_BUDGET_SECONDS: String(budgetMs / 1_000), CALLOFF_METRICS: 'on', CALLOFF_CONSOLE: 'on' },
      ...{
        NO_COLOR: '1',
        SLACK_SIGNING_SECRET: slackSecret,
        CALLOFF_SLACK_RESPONSE_ORIGIN: this.slackOrigin,
      },
      ...more,
    });
  }

  /** What a server has written down of its memory. */
  memoryOf(pid: number): number | undefined {
    try {
      // An empty file is one that is being written.
      return Number(readFileSync(join(this.folder, `memory-${pid}`), 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  }
}
