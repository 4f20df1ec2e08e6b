/** What Slack, a phone's keyboard or a habit of writing puts around words; none of it can be part of an id. */
const quotes = /["'`“”„‟‘’‚‛«»‹›′″]/gu;
/** What people put between ids. */
const separators = /[,;，、]/gu;
/** Characters that nobody sees: joiners, soft hyphens and marks of direction come along when an id is copied. */
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** Quotation marks of Slack and bullets of lists, where a line or a word begins. */
const bullets = /(?<=^|\s)(?:(?:&gt;|>)+|[•◦▪‣·*-])(?=\s)/gu;

/** The words of a command as they were meant, without decoration, and the mentions that were among them. */
export interface PlainWords {
  readonly words: readonly string[];
  readonly mentions: readonly string[];
}

/**
 * Splits a command into words. Links become their text, `<https://…|text>` as well as `<https://…>`; a hyphen is a
 * hyphen whatever a keyboard made of it. Upper and lower case are kept: ids differ in it.
 */
export function tokenize(text: string): PlainWords {
  const mentions: string[] = [];
  const withoutForms = text.replace(/<([^<>|]*)(?:\|([^<>]*))?>/gu, (whole, target: string, label = '') => {
    if (!/^[@#!]/.test(target)) return ` ${label || target.replace(/^mailto:/, '')} `;
    mentions.push(whole);
    return ' ';
  });
  const words = unescapeEntities(withoutForms)
    .replace(unseen, '')
    .replace(bullets, ' ')
    .replace(/[‐‑‒–−]/gu, '-')
    .replace(/—/gu, '--')
    .replace(quotes, '')
    .replace(separators, ' ')
    .split(/\s+/u);
  return { words: withoutEmphasis(words).filter((word) => word !== ''), mentions };
}

/**
 * Words without the marks of bold, italics and strikethrough, of which Slack puts one of each. No id begins with one; at an
 * end it is taken away if it was opened before, because ids may end so. No id holds a star.
 */
function withoutEmphasis(words: readonly string[]): string[] {
  let open = '';
  return words.map((word) => {
    const [leading = ''] = /^(?:([*_~])(?!\1)){0,3}/.exec(word) ?? [];
    open += leading;
    let rest = word.slice(leading.length);
    for (
      let mark = rest.at(-1) ?? '';
      mark === '*' || (mark !== '' && open.includes(mark));
      mark = rest.at(-1) ?? ''
    ) {
      open = open.replace(mark, '');
      rest = rest.slice(0, -1);
    }
    return rest;
  });
}

/** A sentence that a person wrote in a command, as they wrote it: on one line, without quotes around it. */
export function plainSentence(text: string): string {
  const linksAsText = text.replace(/<([^<>|@#!][^<>|]*)\|([^<>]*)>/gu, '$2');
  return unescapeEntities(linksAsText)
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^(["“„'‘`])(.*)["”“'’`]$/u, '$2')
    .trim();
}

/** Slack writes these three in place of the characters that its own markup needs. */
function unescapeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
