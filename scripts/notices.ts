import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import * as z from 'zod';

/** What a folder of bundles holds of others, and where their licences are. */
export const noticesFile = 'THIRD-PARTY-NOTICES.txt';

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });
const isNotice = /^(licen[cs]e|copying|notice)/i;
const rule = '-'.repeat(80);

/** The folders of the packages of which something is in a bundle. What was left out of it is not among them. */
export function packagesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs: parts }) => Object.entries(parts));
  const held = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  const folders = held.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  return [...new Set(folders)];
}

/**
 * The notices of packages, given by their folders: name, version and licence of each, and every text of a licence once,
 * under the packages that it is of.
 * @throws {Error} naming a package that brings no text of its licence: it must not be shipped.
 */
export async function noticesOf(folders: Iterable<string>): Promise<string> {
  const packages = await Promise.all([...folders].map(readPackage));
  const byText = Map.groupBy(
    packages.toSorted((one, other) => (one.title < other.title ? -1 : 1)),
    ({ text }) => text,
  );
  const sections = [...byText].map(([text, alike]) => {
    const titles = [...new Set(alike.map(({ title }) => title))];
    return [rule, ...titles, '', text].join('\n');
  });
  return `calloff is under the MIT licence. What is here also holds parts of these packages, under their own:\n\n${sections.join('\n\n')}\n`;
}

async function readPackage(folder: string): Promise<{ readonly title: string; readonly text: string }> {
  const { name, version, license } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  const files = (await readdir(folder)).filter((file) => isNotice.test(file)).sort();
  if (files.length === 0) throw new Error(`${name} ${version} (${license}) brings no text of its licence`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const text = texts.map((each) => each.replaceAll('\r\n', '\n').trim()).join('\n\n');
  return { title: `${name} ${version} (${license})`, text };
}
