import type { CallerParts } from '../../shared/config/configured-callers.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { configuredSessions } from './configured-sessions.ts';
import { type ConsoleSurface, consoleSurface } from './console-surface.ts';
import { loadPage, pageFolder } from './files.ts';
import { SignInCodes } from './sign-in-codes.ts';

/** The console of a process that listens. */
export interface LocalConsole {
  readonly surface: ConsoleSurface;
  /** The end of the page's address; with a token, one that signs in once for its caller. No log keeps what stands behind `#`. */
  fragment(token?: string): string;
}

/**
 * Reads the page from its folder, by default the one beside calloff, and opens its sessions.
 * @throws {ConfigurationError} if the page is not beside calloff.
 */
export async function openLocalConsole(
  callers: CallerParts,
  publicUrl: URL | undefined,
  folder?: string,
): Promise<LocalConsole> {
  const codes = new SignInCodes(systemClock);
  const page = await loadPage(folder ?? (await pageFolder()));
  return {
    surface: consoleSurface({ page, sessions: configuredSessions(callers), codes, publicUrl }),
    fragment: (token) => (token === undefined ? '' : `#sign-in=${codes.make(token)}`),
  };
}
