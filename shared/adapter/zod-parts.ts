import {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum as enumOf,
  int,
  literal,
  looseObject,
  null as nullOf,
  number,
  object,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
} from 'zod';

/** The parts of Zod that readings take. The whole of it has its sentences in forty languages, which every start would load. */
export const z = {
  ...{ array, boolean, custom, discriminatedUnion, enum: enumOf, int, literal, looseObject, null: nullOf },
  ...{ number, object, record, strictObject, string, tuple, union, unknown },
} as const;
