import { folderLaws } from './folder-laws.ts';
import { logLaws } from './log-laws.ts';
import { modelLaw } from './model-law.ts';
import { valueLaws } from './value-laws.ts';

/** What holds for every store. A law needs a sabotage that it catches: see `sabotage.ts`. */
export const laws = [...valueLaws, ...folderLaws, ...logLaws, modelLaw] as const;
export type LawName = (typeof laws)[number]['name'];
