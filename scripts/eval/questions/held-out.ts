// Other words for the same, written when the reading was finished and not looked at while it was made.
import type { Asked } from './asked.ts';

export const HELD_OUT: readonly Asked[] = [];
