import { execFile } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fences, page, sectionOf } from '../../support/documents.ts';
import { freshFolder } from '../../support/process/temporary.ts';
import { openTestServer, type TestServer } from '../../support/surfaces/test-server.ts';
import { clientsPackage, load } from './client.ts';

/** What this file uses of the generator. */
interface Generator {
  default(document: string): Promise<object>;
  astToString(tree: object): string;
}

/** What this file uses of the compiler that the generator works with. */
interface Compiler {
  convertCompilerOptionsFromJson(options: object, folder: string): { readonly options: object };
  createProgram(files: readonly string[], options: object): object;
  getPreEmitDiagnostics(program: object): readonly { readonly messageText: unknown }[];
  flattenDiagnosticMessageText(text: unknown, newLine: string): string;
}

const run = promisify(execFile);
let server: TestServer;
let folder: string;
let compiler: Compiler;

beforeAll(async () => {
  const modules = new URL('node_modules', clientsPackage);
  expect(
    existsSync(new URL('node_modules', clientsPackage)),
    'install the clients first: npm run clients',
  ).toBe(true);
  server = await openTestServer({
    ada: { kind: 'person', may: { connections: ['*'], actions: ['list', 'cancel'] } },
  });
  folder = freshFolder();
  await mkdir(folder, { recursive: true });
  symlinkSync(fileURLToPath(modules), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const document = await (await fetch(`${server.url}/openapi.json`)).text();
  const generator: Generator = load('openapi-typescript');
  writeFileSync(join(folder, 'calloff.d.ts'), generator.astToString(await generator.default(document)));
  compiler = load('typescript');
});

afterAll(() => server.close());

/** Writes a program beside the generated types. */
function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** What the compiler objects to in a program, and in the generated types. */
function faultsIn(name: string, text: string, more: object = {}): readonly string[] {
  const json = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    lib: ['es2024'],
    types: [],
  };
  const { options } = compiler.convertCompilerOptionsFromJson({ ...json, ...more }, folder);
  return compiler
    .getPreEmitDiagnostics(compiler.createProgram([write(name, text)], options))
    .map(({ messageText }) => compiler.flattenDiagnosticMessageText(messageText, ' '));
}

/** For a program that uses Node and `openapi-fetch`, whose own types are not judged. */
const withNode = {
  ...{ lib: ['es2024', 'dom', 'dom.iterable'], types: ['node'], skipLibCheck: true },
  typeRoots: [fileURLToPath(new URL('../../../node_modules/@types', import.meta.url))],
};

const section = sectionOf(page('docs/http.md'), 'Generated clients');

/** The program of docs/http.md, at this server. */
function documented(): string {
  const [program = ''] = fences(section, 'ts');
  return program.replace('http://127.0.0.1:8787', server.url);
}

describe('a client that is generated from the OpenAPI document', () => {
  it('has types that are called as calloff calls things, and whose words are known', () => {
    const heading =
      "import type { components } from './calloff.d.ts';\ntype Named = components['schemas'];\n";
    const uses = `
      export const isOver = ({ outcome }: Named['Outcome']): boolean => outcome === 'cancelled';
      export const stateOf = ({ state }: Named['Job']): 'running' | string => state;
      export const done = ({ counts, jobs }: Named['Operation']): number => counts.cancelled / jobs;
      export const first = ({ jobs: [job] }: Named['Confirmation']): string | undefined => job?.job_id;
      export const faults = ({ faults = [] }: Named['Problem']): Named['Fault'][] => faults;
      export const who = ({ caller, outcome }: Named['AuditEntry']) => [caller, outcome ?? 'none'];
      export const can = ({ can }: Named['Provider']): boolean => can.list;
      export const body: Named['CancelJobsRequest'] = { jobs: [{ provider: 'team-a', job_id: 'job-1' }] };
    `;
    expect(faultsIn('named.ts', heading + uses)).toEqual([]);
    expect(faultsIn('wrong.ts', `${heading}export type None = Named['Outcomes'];`)).toHaveLength(1);
    const word = "export const is = ({ outcome }: Named['Outcome']) => outcome === 'canceled';";
    expect(faultsIn('misspelt.ts', heading + word).join()).toContain('no overlap');
    const field = "export const body: Named['CancelJobRequest'] = { dryRun: true };";
    expect(faultsIn('unknown.ts', heading + field).join()).toContain("'dryRun' does not exist");
  });

  it('cancels a job by the program of docs/http.md, and tells an outcome from a problem', async () => {
    const program = documented();
    const { version }: { readonly version: string } = load('openapi-typescript/package.json');
    expect(section).toContain(`npx openapi-typescript@${version.split('.', 1)} `);
    expect(faultsIn('program.ts', program, withNode)).toEqual([]);
    const file = join(folder, 'program.ts');
    const answerOf = (id: string, TOKEN = server.tokenOf('ada')) =>
      run(process.execPath, [file, 'sutro', id], { env: { TOKEN } }).then(
        ({ stdout }) => stdout,
        ({ stderr }: { readonly stderr: string }) => stderr,
      );
    const job = server.sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    expect(await answerOf(job)).toMatch(/^cancelled /);
    expect(await answerOf('job-nowhere')).toMatch(/^not_found /);
    expect(await answerOf(job, 'another')).toContain('The request needs a valid bearer token.');
  });
});
