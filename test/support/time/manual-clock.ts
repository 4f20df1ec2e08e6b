export { ManualClock, WholeClock } from '../../../shared/laws/parts/manual-clock.ts';
