import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../functions/http/openapi.ts';

/** What this file uses of Redocly's linter: its package is not there when the types are checked. */
interface Linter {
  createConfig(rules: { readonly extends: readonly string[] }): Promise<object>;
  lintFromString(asked: {
    readonly source: string;
    readonly absoluteRef: string;
    readonly config: object;
  }): Promise<readonly Finding[]>;
}

interface Finding {
  readonly ruleId: string;
  readonly message: string;
  readonly location: readonly { readonly pointer?: string }[];
}

let lint: (document: object) => Promise<readonly string[]>;

beforeAll(async () => {
  const linter: Linter = createRequire(new URL('../referees/package.json', import.meta.url))(
    '@redocly/openapi-core',
  );
  const config = await linter.createConfig({ extends: ['recommended'] });
  lint = async (document) => {
    const source = JSON.stringify(document);
    const found = await linter.lintFromString({ source, absoluteRef: 'openapi.json', config });
    return found.map(({ ruleId, message, location: [at] }) => `${ruleId} at ${at?.pointer}: ${message}`);
  };
});

describe('with the recommended rules of Redocly as a referee, the OpenAPI document', () => {
  it('has neither an error nor a warning', async () => {
    expect(await lint(openApiDocument())).toEqual([]);
  });

  it('would have some without its servers, and with a schema that nothing uses, so that their absence means something', async () => {
    const { components, ...document } = Object.assign({ components: {} }, openApiDocument());
    const schemas = { ...Object.assign({ schemas: {} }, components).schemas, Unused: { type: 'string' } };
    const worse = { ...document, servers: [], components: { ...components, schemas } };
    expect((await lint(worse)).map((found) => found.split(' ', 1).join())).toEqual([
      'no-empty-servers',
      'no-unused-components',
    ]);
  });
});
