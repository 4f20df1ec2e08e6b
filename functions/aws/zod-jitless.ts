import * as z from 'zod';

/**
 * To be imported first, before any schema is made. Zod compiles each object schema when it is first used, which a cold
 * start pays for many and an environment hardly gets back: reading 1,000 jobs takes as long without.
 */
z.config({ jitless: true });
