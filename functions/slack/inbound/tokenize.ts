/** Quotes that Slack, a phone's keyboard or a person puts around words. No id contains them. */
const quotes = /["'`“”„‟‘’‚‛«»‹›′″]/gu;
/** Separators between ids. */
const separators = /[,;，、]/gu;
/** Invisible characters: joiners, soft hyphens and direction marks come along when an id is copied. */
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** Slack's quote marks and bullets of lists, at the start of a line or word. */
const bullets = /(?<=^|\s)(?:(?:&gt;|>)+|[•◦▪‣·*-])(?=\s)/gu;

/** The words of a command, without decoration, and the mentions among them. */
export interface PlainWords {
  readonly words: readonly string[];
  readonly mentions: readonly string[];
}

/**
 * Splits a command into words. Links become their text, `<https://…|text>` as well as `<https://…>`, and all kinds of
 * hyphens become `-`. Case is kept, because it matters in ids.
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
 * Words without the marks of bold, italics and strikethrough. No id begins with such a mark; at an end it is removed only
 * if it was opened before, because ids may end with one. No id contains a star.
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

/** A sentence in a command, on one line, without quotes around it. */
export function plainSentence(text: string): string {
  const linksAsText = text.replace(/<([^<>|@#!][^<>|]*)\|([^<>]*)>/gu, '$2');
  return unescapeEntities(linksAsText)
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^(["“„'‘`])(.*)["”“'’`]$/u, '$2')
    .trim();
}

/** Replaces the three entities that Slack writes for characters of its markup. */
function unescapeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
