import { z } from 'zod';

/** A schema for each field of `T`: one that is forgotten does not compile. */
export type Shape<T> = { [K in keyof T]-?: z.ZodType<T[K]> };

/** The schema of objects of type `T`. Fields of a later version are kept, so that an older process does not lose them. */
export const shape = <T>(fields: Shape<T>): z.ZodType<T> => z.looseObject(fields) as unknown as z.ZodType<T>;

/** The schema of an object whose type has no name. Fields of a later version are kept here as well. */
export const loose = <S extends z.ZodRawShape>(fields: S): z.ZodObject<S> =>
  z.looseObject(fields) as unknown as z.ZodObject<S>;
