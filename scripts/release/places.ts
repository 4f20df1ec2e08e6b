/** A file that holds the version, and how it stands there. */
interface Place {
  readonly path: string;
  /** The text around a version. */
  readonly form: (version: string) => string;
  /** How often it stands there. */
  readonly times: number;
}

const inJson = (version: string) => `"version": "${version}"`;
const ofThisPackage = (indent: string) => (version: string) =>
  `"name": "calloff",\n${indent}${inJson(version)}`;

/** Every place of the version but the changelog. `package.json` is the source; the others follow it. */
const places: readonly Place[] = [
  { path: 'package.json', form: inJson, times: 1 },
  { path: 'package-lock.json', form: ofThisPackage('  '), times: 1 },
  { path: 'package-lock.json', form: ofThisPackage('      '), times: 1 },
  { path: 'shared/lib/version.ts', form: (version) => `version = '${version}'`, times: 1 },
  { path: 'server.json', form: inJson, times: 2 },
  { path: 'mcpb/manifest.json', form: inJson, times: 1 },
  { path: 'docs/mcp.md', form: (version) => `calloff-${version}.tgz`, times: 1 },
  { path: 'docs/deploy.md', form: (version) => `calloff-${version}.tgz`, times: 1 },
  { path: 'docs/deploy.md', form: (version) => `/calloff:${version}`, times: 1 },
  { path: 'docs/deploy.md', form: (version) => `/opt/calloff/${version}/`, times: 1 },
  { path: 'docs/deploy.md', form: (version) => `Back to ${version},`, times: 1 },
];

/** The files with the new version in each place, by path; or a sentence for each place that does not hold the old one. */
export function withVersion(
  read: (path: string) => string,
  { from, to }: { readonly from: string; readonly to: string },
): { readonly files: ReadonlyMap<string, string>; readonly faults: readonly string[] } {
  const files = new Map<string, string>();
  const faults: string[] = [];
  for (const { path, form, times } of places) {
    const parts = (files.get(path) ?? read(path)).split(form(from));
    files.set(path, parts.join(form(to)));
    if (parts.length - 1 !== times)
      faults.push(
        `${path} has the version ${from} ${parts.length - 1} times, not ${times}. Set it to ${from}.`,
      );
  }
  return { files, faults };
}

/** Whether this is a version that a release can have: three numbers, as https://semver.org has them, and nothing behind. */
export function isVersion(text: string): boolean {
  return /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(text);
}

/** Whether a version comes after another. */
export function isLater(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) > 0;
}
