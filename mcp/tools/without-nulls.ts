import * as z from 'zod';
import { madeOf } from '../../shared/contract/late-schema.ts';

/**
 * An input without the optional properties that are `null`: some clients fill in every field of a schema and write `null`
 * for an absent one. Required properties stay, so a required `null` is a fault.
 */
export function withoutNulls(schema: z.ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodLazy) {
    const inner = schema instanceof z.ZodLazy ? madeOf(schema) : schema.unwrap();
    return isSchema(inner) ? withoutNulls(inner, value) : value;
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((entry) => (isSchema(schema.element) ? withoutNulls(schema.element, entry) : entry));
  if (!(schema instanceof z.ZodObject) || !isObject(value)) return value;
  const given = Object.entries(value).filter(([key, each]) => each !== null || !isOptional(schema, key));
  return Object.fromEntries(
    given.map(([key, each]) => {
      const property = propertyOf(schema, key);
      return [key, property === undefined ? each : withoutNulls(property, each)];
    }),
  );
}

function isOptional(schema: z.ZodObject, key: string): boolean {
  return propertyOf(schema, key) instanceof z.ZodOptional;
}

function propertyOf(schema: z.ZodObject, key: string): z.ZodType | undefined {
  const property = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  return isSchema(property) ? property : undefined;
}

function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.ZodType;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
