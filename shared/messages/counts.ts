/** `1 job`, `2 jobs`. */
export function countOfJobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}
