/**
 * What a host of MCP bundles hands over where its user left an option empty, word for word
 * (https://github.com/modelcontextprotocol/mcpb/issues/250). It is meant as nothing, and so it counts as not set.
 */
export const leftOpen = /^\$\{user_config\.[^{}]*\}$/;

/** How hosts, shells and templates write where a value is to be put. */
const placeholders: readonly RegExp[] = [
  // ${X}, ${env:X}, ${input:x}, ${{ secrets.X }}, {{ x }}, $(X), $X, %X%
  /^\$?\{+[^{}]*\}+$/,
  /^\$\([^()]*\)$/,
  /^\$[A-Za-z_]\w*$/,
  /^%[A-Za-z_]\w*%$/,
  // <your key>, [YOUR KEY]
  /^<[^<>]*>$/,
  /^\[[^[\]]*\]$/,
];

/** How people and documentation write it, where a secret is to be put. */
const standIns: readonly RegExp[] = [
  // YOUR_KEY, your-api-key-here, paste_key_here
  /^your[-_ ]/i,
  /[-_ ]here$/i,
  // xxx, sk-xxxx, sk-..., ***, …
  /^([x*.…#?_-])\1{2,}$/i,
  /^[A-Za-z]{0,8}[-_]?(\.{3,}|…|\*{3,}|x{3,})$/i,
  /^(change|replace|fill)[-_ ]?me([-_ ]?in)?$/i,
  /^(null|undefined|none|nil|todo|tbd)$/i,
];

const quoted = /^(["'`]).*\1$|^[“‘].*[”’]$/s;
const scheme = /^(bearer|basic|token|key|api[-_]?key|authorization:|x-api-key:)\s+\S/i;

const filledInByNobody = 'holds a placeholder that nothing filled in';

/**
 * What is wrong with a text that is about a value and not the value, as the end of a sentence that begins with where it
 * stands; `undefined` where it may be one. Never shows the text.
 */
export function foreignFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (placeholders.some((placeholder) => placeholder.test(trimmed))) return filledInByNobody;
  return quoted.test(trimmed) ? 'has quotes around it: leave them out' : undefined;
}

/** As {@link foreignFault}, for a secret. A key or a token may also have been copied with the scheme before it. */
export function foreignSecretFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (scheme.test(trimmed))
    return 'begins with a word such as Bearer or Key, which is no part of it: leave that out';
  return standIns.some((standIn) => standIn.test(trimmed)) ? filledInByNobody : foreignFault(text);
}
