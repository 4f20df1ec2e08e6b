/** What is used of dynalite, which has no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB in memory, which does not listen yet. `createTableMs` is how long a table takes to come about. */
  export default function dynalite(options: { createTableMs: number }): Server;
}
