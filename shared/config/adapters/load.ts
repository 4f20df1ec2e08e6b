import { statSync } from 'node:fs';
import * as module from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OwnProvider } from '../../adapter/known-providers.ts';
import { type Fault, invalid, ok, type Result } from '../../contract/result.ts';
import { isObject } from '../../lib/json.ts';
import { systemCode } from '../../lib/log.ts';
import { plainText } from '../../lib/text.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { adaptersIn } from '../file/adapters-schema.ts';
import { readTextOr } from '../file/configuration-text.ts';
import type { Settings } from '../settings.ts';
import { looksLikeProvider, readOwnProvider } from './provider-form.ts';

/** Where this calloff has what it exports as `calloff/adapter`. */
const ownExports = import.meta.url.endsWith('.ts') ? '../../adapter-exports.ts' : './adapter.mjs';

/**
 * The settings with the providers from the files that the configuration file names in `adapters`.
 * @throws {ConfigurationError} naming each file that cannot be used, and why.
 */
export async function withOwnAdapters(settings: Settings): Promise<Settings> {
  const { configPath } = settings;
  if (configPath === undefined) return settings;
  const files = adaptersIn(readTextOr(configPath, ''));
  const own = new Map<string, OwnProvider>();
  const faults: string[] = [];
  for (const [index, file] of files.entries()) {
    const read = await loadProvider(resolve(dirname(configPath), file));
    if (!read.ok) faults.push(...read.faults.map((fault) => `adapters[${index}]: ${faultIn(file, fault)}`));
    else if (own.has(read.value.facts.id))
      faults.push(`adapters[${index}]: ${file} has the id ${read.value.facts.id}, as a file before it`);
    else own.set(read.value.facts.id, read.value);
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { ...settings, own };
}

/** A fault of a file, or of a part of what it exports, as a clause that names both. */
export function faultIn(file: string, { path, message }: Fault): string {
  return path === '' ? `${file} ${message}` : `${file}: ${path} ${message}`;
}

/** The provider that a file exports, or what is wrong, as the end of a sentence that begins with the file. */
export async function loadProvider(path: string): Promise<Result<OwnProvider>> {
  const loaded = await importFile(path);
  if (!loaded.ok) return loaded;
  const candidates = [...new Set(Object.values(loaded.value).filter(looksLikeProvider))];
  const [only] = candidates;
  if (only === undefined)
    return invalid('', 'exports no provider: it must export one, an object with id, cancel, status and more');
  if (candidates.length > 1)
    return invalid('', `exports ${candidates.length} providers: give each a file of its own`);
  return readOwnProvider(only);
}

/** What a file exports, or why it cannot be loaded, as the end of a sentence that begins with the file. */
export async function importFile(path: string): Promise<Result<Readonly<Record<string, unknown>>>> {
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile())
      return invalid('', `is not there: no file has the path ${path}`);
  } catch (error) {
    return invalid('', `cannot be read (${systemCode(error)})`);
  }
  offerExports();
  try {
    const exported: unknown = await import(pathToFileURL(path).href);
    return ok(isObject(exported) ? exported : {});
  } catch (error) {
    return invalid('', loadingFault(error, path));
  }
}

let isOffered = false;

/** Lets a file find `calloff/adapter` wherever it stands, and in the version that runs it. Node before 22.15 has no such hook. */
function offerExports(): void {
  if (isOffered || !('registerHooks' in module)) return;
  isOffered = true;
  const url = new URL(ownExports, import.meta.url).href;
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'calloff/adapter' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

const longestMessage = 200;

/** Why a file could not be imported: never a stack. */
function loadingFault(error: unknown, path: string): string {
  const code = systemCode(error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error';
  const said = plainText(text.split('\n', 1)[0] ?? '').slice(0, longestMessage);
  if (code === 'ERR_MODULE_NOT_FOUND')
    return `imports something that is not there: install it beside ${basename(path)}, or correct the import. Node says: ${said}`;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return 'is TypeScript, which this Node does not read: use Node 22.18 or later, or a file that ends in .mjs';
  const line = lineIn(path, error);
  const place = line === undefined ? '' : ` in line ${line}`;
  const check = place === '' && error instanceof SyntaxError ? '. "node --check" names the line' : '';
  return `cannot be loaded: correct what it throws${place}, which is ${said}${check}`;
}

/** The line of a file that an error is about, if it says so. */
function lineIn(path: string, error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, after = ''] = stack.split(`/${basename(path)}:`);
  return /^\d+/.exec(after)?.[0];
}
