import { type State, states } from '../../../shared/contract/outcome.ts';
import { cancelJobBody } from '../../../shared/contract/requests.ts';
import { editDistance, suggest } from '../../../shared/lib/suggest.ts';
import { type FilterWords, needsAge, readFilters } from '../list-filters.ts';
import type { JobReference } from '../tasks/task.ts';
import { plainSentence, tokenize } from './tokenize.ts';

/** The fault of a command, by code; `faultSentence` has the sentences. `word` is what the person typed. */
export type CommandFault =
  | {
      readonly code: 'unknown_word' | 'misspelt_provider';
      readonly word: string;
      readonly nearest?: string | undefined;
    }
  | {
      readonly code: 'no_jobs' | 'unexpected_word' | 'mention' | 'age_missing' | 'value_missing';
      readonly word: string;
    }
  | {
      readonly code:
        | 'too_long'
        | 'no_confirmation'
        | 'reason_missing'
        | 'reason_invalid'
        | 'reason_not_taken'
        | 'several_providers';
    };

/** A command, as read from its text. */
export type Command =
  | { readonly kind: 'cancel'; readonly jobs: readonly JobReference[]; readonly reason?: string }
  | ({ readonly kind: 'list'; readonly provider?: string; readonly state?: string } & FilterWords['filters'])
  | { readonly kind: 'confirm' | 'show'; readonly confirmation: string }
  | { readonly kind: 'operations' }
  | { readonly kind: 'help' }
  | { readonly kind: 'fault'; readonly faults: readonly CommandFault[] };

/** The longest text. Slack allows less. */
const longestText = 12_000;
const keywords = ['list', 'operations', 'confirm', 'show', 'help', 'cancel', 'because'] as const;
/** Synonyms; the value is the keyword. */
const verbs = new Map<string, (typeof keywords)[number]>([
  ...keywords.map((word) => [word, word] as const),
  ['stop', 'cancel'],
  ['jobs', 'list'],
  ['approve', 'confirm'],
  ['?', 'help'],
]);

/**
 * Reads the text after the command, with the names of the known connections. Never throws, and is tolerant: keywords and
 * names in any case, quotes, backticks, commas, typographic punctuation and links. A connection's name always begins a new
 * group of ids, so a job with such an id cannot be named here; the word `because` always begins the reason. All faults are
 * listed, and a command with a fault must not be carried out.
 */
export function readCommandText(text: string, connections: readonly string[]): Command {
  if (text.length > longestText) return fault({ code: 'too_long' });
  const { asked, reason } = splitReason(text);
  const { words, mentions } = tokenize(asked);
  const [first = '', ...rest] = words;
  const keyword = verbs.get(first.toLowerCase());
  const mentioned = mentions.map((word): CommandFault => ({ code: 'mention', word }));
  if (mentioned.length > 0) return fault(...mentioned);
  if (keyword === 'cancel' || (keyword === undefined && words.length > 0))
    return readCancel(keyword === undefined ? words : rest, reason, connections);
  if (reason !== undefined) return fault({ code: 'reason_not_taken' });
  if (keyword === 'list') return readList(rest, connections);
  if (keyword === 'operations') return readOperations(rest);
  if (keyword === 'confirm' || keyword === 'show') return readConfirmation(keyword, rest);
  return { kind: 'help' };
}

function splitReason(text: string): { asked: string; reason: string | undefined } {
  const match = /(?<=^|\s)because[:,]?(?=\s|$)/iu.exec(text);
  if (match === null) return { asked: text, reason: undefined };
  return {
    asked: text.slice(0, match.index),
    reason: plainSentence(text.slice(match.index + match[0].length)),
  };
}

function readCancel(
  words: readonly string[],
  reason: string | undefined,
  connections: readonly string[],
): Command {
  const { jobs, faults } = readJobs(words, connections);
  const all = [...faults, ...reasonFaults(reason)];
  if (all.length > 0) return fault(...all);
  return { kind: 'cancel', jobs, ...(reason === undefined ? {} : { reason }) };
}

/** The ids after the name of their connection, group by group. */
function readJobs(words: readonly string[], connections: readonly string[]) {
  const groups: { provider: string; ids: string[] }[] = [];
  const faults: CommandFault[] = [];
  for (const word of words) {
    const provider = connectionNamed(word, connections);
    const meant = misspelt(word, connections);
    if (provider !== undefined) groups.push({ provider, ids: [] });
    else if (groups.length === 0)
      return { jobs: [], faults: [unknownWord(word, [...connections, ...keywords])] };
    else if (meant !== undefined) faults.push({ code: 'misspelt_provider', word, nearest: meant });
    else groups.at(-1)?.ids.push(word);
  }
  const empty = groups.filter(({ ids }) => ids.length === 0).map(({ provider }) => provider);
  if (groups.length === 0) empty.push('cancel');
  faults.push(...empty.map((word): CommandFault => ({ code: 'no_jobs', word })));
  const jobs = groups.flatMap(({ provider, ids }) =>
    ids.map((job_id): JobReference => ({ provider, job_id })),
  );
  return { jobs, faults };
}

function connectionNamed(word: string, connections: readonly string[]): string | undefined {
  return connections.find((name) => name.toLowerCase() === word.toLowerCase());
}

/** The connection that a word among the ids probably misspells: the ids after it would go to the wrong connection. */
function misspelt(word: string, connections: readonly string[]): string | undefined {
  if (!/^[a-z-]{4,40}$/i.test(word)) return undefined;
  return connections.find((name) => editDistance(word.toLowerCase(), name.toLowerCase()) <= name.length / 4);
}

/** The fault of an unknown word, or of a known word in the wrong place. */
function unknownWord(word: string, known: readonly string[]): CommandFault {
  if (verbs.has(word.toLowerCase())) return { code: 'unexpected_word', word };
  return { code: 'unknown_word', word, nearest: suggest(word, known) };
}

/** Checks the reason as the service does, so that the person hears about a fault at once. */
function reasonFaults(reason: string | undefined): CommandFault[] {
  if (reason === undefined) return [];
  if (reason === '') return [{ code: 'reason_missing' }];
  return cancelJobBody.shape.reason.safeParse(reason).success ? [] : [{ code: 'reason_invalid' }];
}

const otherSpellings = new Map<string, State>([
  ['canceled', 'cancelled'],
  ['canceling', 'cancelling'],
  ['done', 'completed'],
  ['waiting', 'queued'],
]);

function readList(words: readonly string[], connections: readonly string[]): Command {
  const providers = new Set<string>();
  const wanted = new Set<State>();
  const { filters, others, incomplete } = readFilters(words, connections);
  const faults = incomplete.map((word): CommandFault => {
    return { code: needsAge(word) ? 'age_missing' : 'value_missing', word };
  });
  for (const word of others) {
    const provider = connectionNamed(word, connections);
    const state =
      otherSpellings.get(word.toLowerCase()) ?? states.find((name) => name === word.toLowerCase());
    if (provider !== undefined) providers.add(provider);
    else if (state !== undefined) wanted.add(state);
    else faults.push(unknownWord(word, [...connections, ...states]));
  }
  if (providers.size > 1) faults.push({ code: 'several_providers' });
  if (faults.length > 0) return fault(...faults);
  const [provider] = providers;
  return {
    kind: 'list',
    ...(provider === undefined ? {} : { provider }),
    ...(wanted.size === 0 ? {} : { state: [...wanted].join(',') }),
    ...filters,
  };
}

function readConfirmation(kind: 'confirm' | 'show', words: readonly string[]): Command {
  const [confirmation, surplus] = words;
  if (confirmation === undefined || !/^[\x21-\x7e]{1,200}$/.test(confirmation))
    return fault({ code: 'no_confirmation' });
  if (surplus !== undefined) return fault({ code: 'unexpected_word', word: surplus });
  return { kind, confirmation };
}

function readOperations([surplus]: readonly string[]): Command {
  return surplus === undefined ? { kind: 'operations' } : fault({ code: 'unexpected_word', word: surplus });
}

function fault(...faults: readonly CommandFault[]): Command {
  return { kind: 'fault', faults };
}
