import * as z from 'zod';

/**
 * Must be imported before any schema is made. Zod compiles each object schema on first use. A cold start would pay for
 * many, and an environment hardly gains from it: reading 1,000 jobs takes as long without.
 */
z.config({ jitless: true });
