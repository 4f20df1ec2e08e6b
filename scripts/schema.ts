import { writeFile } from 'node:fs/promises';
import { configurationJsonSchema } from '../shared/config/file/json-schema.ts';

/** Writes the JSON Schema of the configuration file, for editors. A test holds it equal to what is read. */
await writeFile('calloff.schema.json', `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
