import * as z from 'zod';
import { causes, codeNames, outcomeNames, states } from '../outcome.ts';

/** A state in an answer. One schema for all answers, so that the OpenAPI document can refer to it by its name, as to the others here. */
export const stateSchema = z.enum(states);
/** The name of an outcome in an answer. */
export const outcomeNameSchema = z.enum(outcomeNames);
/** A code in an answer. */
export const codeSchema = z.enum(codeNames);
/** A cause in an answer. */
export const causeSchema = z.enum(causes);
