import { createRequire } from 'node:module';

/** The referees live in a package of their own, which `npm test` installs. */
const referees = createRequire(new URL('../referees/package.json', import.meta.url));

interface Encoding {
  encode(text: string): readonly number[];
}

const encoding: Encoding = referees('js-tiktoken').getEncoding('o200k_base');

/** How many tokens a model pays for this, by o200k_base. Text counts as it is, anything else as JSON. */
export function countTokens(value: unknown): number {
  return encoding.encode(typeof value === 'string' ? value : JSON.stringify(value)).length;
}
