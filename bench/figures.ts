/** The middle of some figures; of an even number, the higher of the two in the middle. */
export function medianOf(figures: readonly number[]): number {
  return percentileOf(figures, 0.5);
}

/** The figure that a share of them is not above. */
export function percentileOf(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
