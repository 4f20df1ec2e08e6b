/** A view of the page for people, which its address names in the query. */
export type PageView = { readonly view: 'waiting' } | { readonly view: 'operations'; readonly op: string };

/** The address of a view of the page at its public URL. */
export function pageLink(publicUrl: URL, view: PageView): string {
  const link = new URL(publicUrl);
  for (const [name, value] of Object.entries(view)) link.searchParams.set(name, value);
  return link.href;
}
