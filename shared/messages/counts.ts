/** `1 job`, `2 jobs`. */
export function countOfJobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}

/** `1 entry`, `1,200 entries`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count.toLocaleString('en')} ${many}`;
}

/** How many cancelled jobs were seen alive again, and how many were not checked a second time: a sentence each, if there are any. */
export function lookBack({
  cameBack,
  notCheckedAgain,
}: {
  readonly cameBack: number;
  readonly notCheckedAgain: number;
}): string[] {
  const back = cameBack === 1 ? '1 job that was cancelled has' : `${cameBack} jobs that were cancelled have`;
  const unchecked = notCheckedAgain === 1 ? '1 cancelled job was' : `${notCheckedAgain} cancelled jobs were`;
  const known = notCheckedAgain === 1 ? 'it has' : 'they have';
  return [
    ...(cameBack === 0 ? [] : [`${back} come back to life.`]),
    ...(notCheckedAgain === 0
      ? []
      : [
          `${unchecked} not checked a second time: calloff does not know whether ${known} come back to life.`,
        ]),
  ];
}
