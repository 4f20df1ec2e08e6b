const heading = '## Unreleased\n';

/** The changelog with what was unreleased under a version and its date; `undefined` if nothing was unreleased. */
export function datedChangelog(text: string, version: string, date: string): string | undefined {
  const [before = '', after] = text.split(heading);
  const [entries = ''] = (after ?? '').split('\n## ', 1);
  if (after === undefined || entries.trim() === '') return undefined;
  return `${before}${heading}\n## ${version} - ${date}\n${after}`;
}
