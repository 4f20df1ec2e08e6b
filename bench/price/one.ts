import { medianOf } from '../figures.ts';
import { type ProviderProcess, startProviderProcess, startServerProcess } from './parts.ts';
import { openSurfaces, type Surface } from './surfaces.ts';

/** How long providers take for an answer, in milliseconds. */
export const delays = [0, 5, 50] as const;
type Delay = (typeof delays)[number];

/** The time of one verified cancel, in milliseconds, by how long the provider takes for each of its answers. */
export interface OneResult {
  readonly surface: string;
  readonly isProcess: boolean;
  readonly ms: Readonly<Record<Delay, number>>;
}

/** How many cancels before are not measured, and how often the slow ones, which start a process, have their turn. */
const warmUp = 30;
const processesEach = 4;

/** One cancel at a time on each surface, turn by turn. */
export async function measureOne(rounds: number): Promise<OneResult[]> {
  const provider = await startProviderProcess('sutro');
  const server = await startServerProcess(provider.account);
  const surfaces = await openSurfaces(provider.account, server);
  try {
    for (const surface of surfaces)
      await timesOf([surface], provider, { rounds: surface.isProcess ? 2 : warmUp, delayMs: 0 });
    const times = new Map<number, ReadonlyMap<Surface, number>>();
    for (const delayMs of delays) times.set(delayMs, await timesOf(surfaces, provider, { rounds, delayMs }));
    const at = (delay: Delay, surface: Surface) => times.get(delay)?.get(surface) ?? Number.NaN;
    return surfaces.map((surface) => ({
      surface: surface.name,
      isProcess: surface.isProcess,
      ms: { 0: at(0, surface), 5: at(5, surface), 50: at(50, surface) },
    }));
  } finally {
    for (const { close } of surfaces) await close();
    await server.stop();
    await provider.end();
  }
}

/** The median time of each surface. */
async function timesOf(
  surfaces: readonly Surface[],
  provider: ProviderProcess,
  { rounds, delayMs }: { readonly rounds: number; readonly delayMs: number },
): Promise<ReadonlyMap<Surface, number>> {
  const ids = (await provider.fill(rounds * surfaces.length, { delayMs, limits: {} })).values();
  const times = new Map(surfaces.map((surface): [Surface, number[]] => [surface, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [surface, all] of times) {
      if (surface.isProcess && surfaces.length > 1 && round % processesEach > 0) continue;
      const began = performance.now();
      await surface.cancel(ids.next().value ?? '');
      all.push(performance.now() - began);
    }
  return new Map([...times].map(([surface, all]) => [surface, medianOf(all)]));
}
