import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readProviders } from './generate/providers.ts';
import { derivedSigns } from './generate/signs.ts';
import { derivedSources } from './generate/sources.ts';
import { derivedVendor } from './generate/vendor.ts';

/**
 * `npm run generate` writes what follows from the files of the providers in `shared/providers/`, `test/fixtures/` and
 * `sandbox/providers/`. With `--check`, as `npm run lint` has it, it writes nothing and names what differs.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

async function differs([path, text]: readonly [string, string]): Promise<boolean> {
  return (await readFile(path, 'utf8').catch(() => undefined)) !== text;
}

/** Writes the files that differ, or names them; gives how many there are. */
async function update(files: ReadonlyMap<string, string>): Promise<number> {
  const different: (readonly [string, string])[] = [];
  for (const file of files) if (await differs(file)) different.push(file);
  for (const [path, text] of different) {
    if (!values.check) await writeFile(path, text);
    process.stdout.write(`${values.check ? 'differs from what is generated' : 'written'}: ${path}\n`);
  }
  return different.length;
}

/** The pictures of the command line, whose help names the providers. */
async function derivedPictures(): Promise<ReadonlyMap<string, string>> {
  const { cliPictures } = await import('./cli-pictures.ts');
  return new Map([...(await cliPictures())].map(([name, svg]) => [`docs/pictures/${name}`, svg]));
}

const providers = await readProviders();
let different = await update(await derivedSources(providers));
// These load the registry, so it has to be written before.
const { derivedManifests } = await import('./generate/manifests.ts');
const { derivedDocuments } = await import('./generate/documents.ts');
different += await update(await derivedManifests(providers));
different += await update(await derivedDocuments(providers));
different += await update(await derivedVendor());
different += await update(await derivedSigns());
// A test holds the pictures to what the command line prints, so lint need not draw them.
if (!values.check) await update(await derivedPictures());
if (values.check && different > 0) {
  process.stderr.write('Run "npm run generate", and commit what it writes.\n');
  process.exitCode = 1;
}
