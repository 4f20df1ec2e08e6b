/** What `calloff test-adapter` loads, and no other command. */
export { looksLikeFixtures, readFixtures } from './parts/fixtures-form.ts';
export { tryAdapter } from './try-adapter.ts';
