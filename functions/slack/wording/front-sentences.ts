import { inCode } from '../cards/escape.ts';
import { jobsInWords } from './outcomes.ts';

/** The sentences with which calloff answers Slack at once, and those of its app. The worker of the queue has no use for them. */
export const frontSentences = {
  looking: (count: number) => `Checking ${jobsInWords(count)} …`,
  storing: (count: number) => `Making an operation of ${jobsInWords(count)} …`,
  lookingForJobs: 'Listing jobs …',
  lookingUp: 'Looking it up …',
  working: (count: number) => `Calling off ${jobsInWords(count)} …`,
  notEnqueued: 'calloff cannot take more work at the moment. Nothing was sent. Try again in a minute.',
  perhapsEnqueued:
    'calloff could not tell whether its queue took this, so it may or may not be carried out. If no answer follows, check `/calloff list` before you try again.',
  noWayBack: 'The request from Slack has no response URL that calloff can use. Nothing was done.',
  tooMany: (most: number, count: number) =>
    `You may call off at most ${jobsInWords(most)} at a time, and you named ${count.toLocaleString('en')}. Nothing was sent.`,
  faultTitle: 'calloff did not understand the command. Nothing was done.',
  faultHint: '`/calloff help` shows the commands.',
  helpTitle: 'What calloff can do here',
  help: (provider: string) => [
    `${inCode(`/calloff ${provider} JOB-ID`)} calls off a job. You can add more ids, and other providers with their ids.`,
    `${inCode(`/calloff ${provider} JOB-ID because wrong input`)} also records the reason in the audit.`,
    '`/calloff list` shows jobs, each with a button to stop it. Add a state, a provider, an age or an owner: `/calloff list running`, `newer than 2h`, `owner ada`.',
    '`/calloff operations` shows your latest operations, each with a button to pause or resume it.',
    "`/calloff show ID` and `/calloff confirm ID` show an assistant's request, so that you can confirm it.",
  ],
  manifestDescription:
    "Calls off compute jobs and never reports a job as cancelled unless the provider's status says so.",
  manifestCommand: 'Call off a compute job, or list running jobs',
  manifestUsage: 'PROVIDER JOB-ID… [because REASON] | list [PROVIDER] [STATE] | operations | help',
  helpProviders: (names: readonly string[]) => `Providers: ${names.map((name) => inCode(name)).join(', ')}.`,
} as const;
