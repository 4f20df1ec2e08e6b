/** An instruction of a Dockerfile: `COPY --from=build /a /b` has the flag `from` and two words. */
export interface Instruction {
  readonly name: string;
  readonly flags: ReadonlyMap<string, string>;
  /** What follows the flags, as one text. */
  readonly text: string;
  /** The same in words: those of the JSON array, or those between spaces, without quotes. */
  readonly words: readonly string[];
  /** Whether it is written as a JSON array, which no shell reads. */
  readonly isExec: boolean;
}

/** A stage: what follows one `FROM`. */
export interface Stage {
  readonly from: Instruction;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/**
 * The stages of a Dockerfile, as its reference describes the format: comments, continued lines, flags, JSON arrays. Throws for
 * a here-document or an instruction before the first stage, which it does not know.
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(source: string): Stage[] {
  const lines = source.split('\n').filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const whole = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: { from: Instruction; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of whole.map(parseInstruction)) {
    const last = stages.at(-1);
    if (instruction.name === 'FROM')
      stages.push({ from: instruction, name: instruction.words[2], instructions: [] });
    else if (last === undefined) throw new Error(`${instruction.name} stands before the first FROM`);
    else last.instructions.push(instruction);
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, name = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
  if (rest.includes('<<')) throw new Error(`${name} has a here-document`);
  const [leading = ''] = /^(--\S+\s+)*/.exec(rest) ?? [];
  const flags = leading.split(/\s+/).flatMap((flag): [string, string][] => {
    const [, key, value] = /^--([\w-]+)=(.*)$/.exec(flag) ?? [];
    return key === undefined ? [] : [[key, value ?? '']];
  });
  const text = rest.slice(leading.length).trim();
  const array = arrayIn(text);
  return {
    name: name.toUpperCase(),
    flags: new Map(flags),
    text,
    words: array ?? wordsOf(text),
    isExec: array !== undefined,
  };
}

/** The texts of a JSON array; `undefined` if this is none. */
function arrayIn(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : undefined;
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}

/** The last instruction of a stage with this name, which is the one that holds. */
export function lastOf({ instructions }: Stage, name: string): Instruction | undefined {
  return instructions.findLast((instruction) => instruction.name === name);
}

/** The variables that a stage sets. */
export function variablesOf({ instructions }: Stage): ReadonlyMap<string, string> {
  const words = instructions.filter(({ name }) => name === 'ENV').flatMap((instruction) => instruction.words);
  return new Map(
    words.map((word): [string, string] => [
      word.slice(0, word.indexOf('=')),
      word.slice(word.indexOf('=') + 1),
    ]),
  );
}
