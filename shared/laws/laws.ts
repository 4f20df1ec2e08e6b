import { answerLaws } from './answer-laws.ts';
import { exchangeLaws } from './exchange-laws.ts';
import { idLaws } from './id-laws.ts';
import { otherJobLaws } from './other-job-laws.ts';
import { requestLaws } from './request-laws.ts';
import { serviceLaws } from './service-laws.ts';
import { strangerLaws } from './stranger-laws.ts';
import { textLaws } from './text-laws.ts';
import { turnedAwayLaws } from './turned-away-laws.ts';

/** What holds for every adapter. A law needs a sabotage that it catches: see `sabotage.ts`. */
export const laws = [
  ...exchangeLaws,
  ...answerLaws,
  ...strangerLaws,
  ...otherJobLaws,
  ...turnedAwayLaws,
  ...textLaws,
  ...idLaws,
  ...requestLaws,
  ...serviceLaws,
] as const;
export type LawName = (typeof laws)[number]['name'];
