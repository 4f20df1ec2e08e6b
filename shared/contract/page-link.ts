/** A view of the page for people, or the one request or operation in it that is meant. */
export type PageView =
  | { readonly view: 'waiting'; readonly confirmation: string }
  | { readonly view: 'operations'; readonly op: string };

/** The address of a view of the page at its public URL. That of a request leads to the request in the list of those that wait. */
export function pageLink(publicUrl: URL, place: PageView): string {
  const link = new URL(publicUrl);
  link.searchParams.set('view', place.view);
  if (place.view === 'waiting') link.hash = place.confirmation;
  else link.searchParams.set('op', place.op);
  return link.href;
}
