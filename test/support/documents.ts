import { readFileSync } from 'node:fs';

/** The README, as it stands. */
export const readme = readFileSync('README.md', 'utf8');

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

/** The configurations that people are shown: the two callers of the README, and a file with everything in it. */
export const shownConfigurations = {
  'of the README': fences(sectionOf(readme, 'Who may do what'), 'json')[0] ?? '',
  'with everything in it':
    fences(sectionOf(readFileSync('docs/configuration.md', 'utf8'), 'A whole file'), 'json')[0] ?? '',
} as const;
