/** Whether an `If-None-Match` header names this tag. A proxy that compresses an answer makes its tag a weak one. */
export function namesEtag(header: string | undefined, tag: string): boolean {
  const strong = (text: string) => text.trim().replace(/^W\//, '');
  const known = (header ?? '').split(',').map(strong);
  return known.includes('*') || known.includes(strong(tag));
}
