import type { ProviderAdapter, ProviderId } from './adapter.ts';
import { ionq } from './ionq.ts';
import { ionworks } from './ionworks.ts';
import { promptloop } from './promptloop.ts';
import { sutro } from './sutro.ts';

/** Every provider there is. To add one, see CONTRIBUTING.md. */
export const adapters: { readonly [id in ProviderId]: ProviderAdapter } = {
  ionq,
  promptloop,
  ionworks,
  sutro,
};
