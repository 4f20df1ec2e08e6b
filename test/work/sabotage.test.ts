import { describe, expect, it } from 'vitest';
import { sound, workerLaws, workerSabotages } from './laws.ts';

describe.each(Object.entries(workerLaws))('the worker %s', (name, law) => {
  it('if it is whole', async () => {
    await law(sound);
  });

  const sabotages = Object.entries(workerSabotages).find(([broken]) => broken === name)?.[1] ?? {};
  it.each(Object.entries(sabotages))('but not with %s', async (_, subject) => {
    await expect(law(subject)).rejects.toThrow();
  });
});
