import { readdirSync, readFileSync } from 'node:fs';

/** The README, as it stands. */
export const readme = readFileSync('README.md', 'utf8');

/** What is written for users, by path: the README and the pages in `docs/`. */
export const documents: ReadonlyMap<string, string> = new Map([
  ['README.md', readme],
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, readFileSync(`docs/${name}`, 'utf8')] as const),
]);

/** All of it, for what must be said somewhere. */
export const everyDocument = [...documents.values()].join('\n');

/** A page, such as `docs/access.md`. */
export function page(path: string): string {
  const text = documents.get(path);
  if (text === undefined) throw new Error(`there is no page ${path}`);
  return text;
}

/** What is fenced off in a document as being in this language, in its order. */
export function fences(document: string, language: string): string[] {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );
}

/** A section of a document, from its heading of the second level up to the next. */
export function sectionOf(document: string, heading: string): string {
  const [, section] = document.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`there is no section ${heading}`);
  return section.split('\n## ', 1).join('');
}

/** The configurations that people are shown: two callers, two for AWS, and a file with everything in it. */
export const shownConfigurations = {
  'of two callers': fences(sectionOf(page('docs/access.md'), 'Two callers'), 'json')[0] ?? '',
  'of one caller on AWS':
    fences(sectionOf(page('docs/aws.md'), '1. Decide who may come in'), 'json')[0] ?? '',
  'of a provider with a place on AWS':
    fences(sectionOf(page('docs/aws.md'), "2. Store the providers' keys"), 'json')[0] ?? '',
  'with everything in it': fences(sectionOf(page('docs/settings.md'), 'A whole file'), 'json')[0] ?? '',
} as const;
