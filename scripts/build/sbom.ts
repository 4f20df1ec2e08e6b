import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });
/** The property by which npm says in its own bills where a package lies. */
const pathProperty = 'cdx:npm:package:path';

/**
 * A bill of materials in CycloneDX 1.5: every package of which something is in a bundle, with its version and licence. All of
 * them are development dependencies here, so "npm sbom --omit=dev" would list none. It is the same for the same bundles: it has
 * no time and no serial number. `bundles`: the folders of the packages, by what they are bundled into.
 */
export async function sbomOf(
  version: string,
  bundles: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<string> {
  const folders = [...new Set([...bundles.values()].flatMap((each) => [...each]))].sort();
  const components = await Promise.all(
    folders.map(async (folder) => {
      const into = [...bundles].filter(([, held]) => held.has(folder)).map(([name]) => name);
      return componentOf(manifestSchema.parse(await manifestIn(folder)), folder, into);
    }),
  );
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    metadata: {
      component: { type: 'application', name: 'calloff', version, purl: purlOf('calloff', version) },
    },
    components,
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function componentOf(
  { name, version, license }: z.infer<typeof manifestSchema>,
  folder: string,
  into: readonly string[],
): object {
  const purl = purlOf(name, version);
  return {
    ...{ type: 'library', 'bom-ref': purl, name, version, purl },
    licenses: [{ expression: license }],
    properties: [
      { name: pathProperty, value: folder },
      ...into.map((value) => ({ name: 'calloff:bundle', value })),
    ],
  };
}

async function manifestIn(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
