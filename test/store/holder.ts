import { DatabaseSync } from 'node:sqlite';

/** A process that keeps a file locked as SQLite does while it makes it, for as many milliseconds as it is told. */
const [file = '', ms = '0'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('BEGIN EXCLUSIVE');
process.stdout.write('locked');
setTimeout(() => database.exec('COMMIT'), Number(ms));
