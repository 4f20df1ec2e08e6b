import { globSync, readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thorough } from '../../vitest.config.ts';

const tests = globSync('test/**/*.test.ts', {
  exclude: ['test/{clients,referees}/**', 'test/soak/**', 'test/project/soak.test.ts'],
});
const isTriedWhole = (file: string) => thorough.some((pattern) => matchesGlob(file, pattern));

describe('a soak', () => {
  it('tries all of what npm test tries a part of', () => {
    const inPart = tests.filter((file) =>
      /\/support\/thorough\.ts|\bproviderNames\b/.test(readFileSync(file, 'utf8')),
    );
    expect(inPart.length).toBeGreaterThan(10);
    expect(inPart.filter((file) => !isTriedWhole(file))).toEqual([]);
  });

  it('names no file that is not there', () => {
    const found = thorough.map((pattern) => tests.filter((file) => matchesGlob(file, pattern)).length);
    expect(found).not.toContain(0);
  });
});
