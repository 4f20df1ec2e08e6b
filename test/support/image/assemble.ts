import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { bareEnvironment } from '../process/run.ts';
import type { Instruction, Stage } from './dockerfile.ts';

/** How a command of the build is run: in this folder, which stands for the working directory. */
export type RunStep = (command: string, cwd: string) => void;

/**
 * Does what a container engine does with stages, each in a folder of its own that stands for the root of its file system: makes
 * the working directories, copies, and has `run` do the commands. Owners are left alone. Gives the folder of the last.
 */
export function assembleImage(stages: readonly Stage[], within: string, run: RunStep): string {
  const roots = new Map<string | undefined, string>();
  let root = within;
  for (const [index, stage] of stages.entries()) {
    root = join(within, `stage-${index}`);
    mkdirSync(root, { recursive: true });
    roots.set(stage.name, root);
    assembleStage(stage, { root, roots, run });
  }
  return root;
}

interface Place {
  readonly root: string;
  readonly roots: ReadonlyMap<string | undefined, string>;
  readonly run: RunStep;
}

function assembleStage({ instructions }: Stage, { root, roots, run }: Place): void {
  let directory = '/';
  const inStage = (path: string) => join(root, resolve(directory, path));
  for (const instruction of instructions) {
    if (instruction.name === 'WORKDIR') {
      directory = resolve(directory, instruction.text);
      mkdirSync(join(root, directory), { recursive: true });
    }
    if (instruction.name === 'RUN') run(instruction.text, join(root, directory));
    if (instruction.name === 'COPY') {
      const from = instruction.flags.get('from');
      const source = from === undefined ? undefined : roots.get(from);
      if (from !== undefined && source === undefined) throw new Error(`there is no stage ${from}`);
      copy(instruction, source, inStage);
    }
  }
}

/** Copies as `COPY` does: the content of a folder, and a file into a folder if the place ends with a slash. */
function copy({ words }: Instruction, source: string | undefined, inStage: (path: string) => string): void {
  const to = words.at(-1) ?? '';
  for (const from of words.slice(0, -1)) {
    if (source === undefined && from === '.') {
      for (const file of contextFiles()) cpSync(file, join(inStage(to), file), { recursive: true });
      continue;
    }
    if (source === undefined && !contextFiles().includes(from))
      throw new Error(`.dockerignore leaves out ${from}`);
    const path = source === undefined ? from : join(source, from);
    const into = to.endsWith('/') && !statSync(path).isDirectory() ? join(to, basename(from)) : to;
    cpSync(path, inStage(into), { recursive: true });
  }
}

/** What `.dockerignore` lets into the build. Its rules have only two forms here: all, and what is taken nevertheless. */
export function contextRules(): string[] {
  const rules = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [all, ...taken] = rules;
  if (all !== '*' || taken.some((rule) => !/^!\.?[\w.-]+$/.test(rule)))
    throw new Error('.dockerignore has another form');
  return taken.map((rule) => rule.slice(1));
}

let files: string[] | undefined;

/** The files that a clone of this repository hands over to the build. */
export function contextFiles(): string[] {
  const taken = contextRules();
  files ??= execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter(
      (file) =>
        file !== '' && existsSync(file) && taken.some((rule) => file === rule || file.startsWith(`${rule}/`)),
    );
  return files;
}

/** Runs the commands of the build for what they are; only `npm ci`, which needs a network, is a link to what is installed here. */
export const buildInFolder: RunStep = (command, cwd) => {
  if (command.startsWith('npm ci '))
    symlinkSync(resolve('node_modules'), join(cwd, 'node_modules'), 'junction');
  else execFileSync('sh', ['-c', command], { cwd, env: bareEnvironment(), stdio: 'pipe' });
};

/** Like {@link buildInFolder}, with the bundles that are built already in the place of the build. */
export const takeBuilt: RunStep = (command, cwd) => {
  if (command === 'npm run build') cpSync('dist', join(cwd, 'dist'), { recursive: true });
  else buildInFolder(command, cwd);
};
