/**
 * What a host of MCP bundles passes, literally, for an option that its user left empty
 * (https://github.com/modelcontextprotocol/mcpb/issues/250). It counts as not set.
 */
export const leftOpen = /^\$\{user_config\.[^{}]*\}$/;

/** Placeholders of hosts, shells and templates. */
const placeholders: readonly RegExp[] = [
  // ${X}, ${env:X}, ${input:x}, ${{ secrets.X }}, {{ x }}, $(X), $X, %X%
  // JSON is none: some keys have several parts.
  /^(?!\{\s*")\$?\{+[^{}]*\}+$/,
  /^\$\([^()]*\)$/,
  /^\$[A-Za-z_]\w*$/,
  /^%[A-Za-z_]\w*%$/,
  // <your key>, [YOUR KEY]
  /^<[^<>]*>$/,
  /^\[[^[\]]*\]$/,
];

/** Placeholders that people and documentation write for a secret. */
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

const unfilled = 'is a placeholder that was never filled in';

/**
 * The fault of a text that describes a value and is not one, as the end of a sentence that begins with the value's name;
 * `undefined` if it may be a value. Never shows the text.
 */
export function foreignFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (placeholders.some((placeholder) => placeholder.test(trimmed))) return unfilled;
  return quoted.test(trimmed) ? 'has quotes around it; remove them' : undefined;
}

/** Like {@link foreignFault}, for a secret, which may also have been copied with its scheme, such as `Bearer`. */
export function foreignSecretFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (scheme.test(trimmed))
    return 'begins with a word such as Bearer or Key, which is not part of it; remove that word';
  return standIns.some((standIn) => standIn.test(trimmed)) ? unfilled : foreignFault(text);
}
