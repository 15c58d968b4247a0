import type { Words } from '../parts.ts';
import type { Query, QueryFilter } from '../query.ts';

/** A form of question: the query for its words, or undefined where they have another form. */
export type Form = (words: Words, filter: QueryFilter) => Query | undefined;
