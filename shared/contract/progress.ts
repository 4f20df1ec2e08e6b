/** What a call is at, for whoever waits for it. */
export type Phase =
  | { readonly kind: 'finding' }
  | { readonly kind: 'looking' | 'watching'; readonly jobs: number }
  | { readonly kind: 'sending'; readonly sent: number; readonly jobs: number }
  /** A provider limits how often it may be asked. */
  | { readonly kind: 'held'; readonly provider: string; readonly forMs: number }
  | { readonly kind: 'asking' };

/** How far a call is. `done`: how many of `total` jobs need nothing more sent. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly phase: Phase;
}

/** Told how far a call is, if anybody waits for it. */
export type ProgressListener = ((progress: Progress) => void) | undefined;
