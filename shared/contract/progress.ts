/** What a call is doing. */
export type Phase =
  | { readonly kind: 'finding' }
  | { readonly kind: 'checking' | 'watching'; readonly jobs: number }
  | { readonly kind: 'sending'; readonly sent: number; readonly jobs: number }
  /** A provider limits how often it may be asked. */
  | { readonly kind: 'held'; readonly provider: string; readonly forMs: number }
  | { readonly kind: 'asking' };

/** The progress of a call. `done`: how many of `total` jobs need no further request. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly phase: Phase;
}

/** Receives the progress of a call; `undefined` if no one waits for it. */
export type ProgressListener = ((progress: Progress) => void) | undefined;
