import type { Family } from '../case.ts';

/** Families that nobody makes rules for: the measure of what is general. */
export const HELD: Family[] = [];
