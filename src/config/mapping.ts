import jsonata from 'jsonata';

/** The most that one evaluation may take: time in ms, calls in calls, elements of one list. */
const LIMITS = { timeout: 500, stack: 200, sequence: 20_000 };

/** A mapping as it was written, ready to be evaluated. */
export type Mapping = (payload: unknown) => Promise<unknown>;

/**
 * Reads an expression in JSONata. What it is evaluated on may be hostile: its time, depth and lists are bounded from inside, which
 * an expression of its own that takes long (a regular expression) escapes. So it is evaluated in a thread that can be ended.
 * @throws what the parser says, with `message` and mostly with the `position` of the fault
 */
export function parseMapping(expression: string): Mapping {
  const parsed = jsonata(expression, LIMITS);
  return async (payload) => await parsed.evaluate(payload);
}

/** What is wrong with an expression; undefined where nothing is. */
export function mappingFault(expression: string): string | undefined {
  try {
    parseMapping(expression);
    return undefined;
  } catch (error) {
    const { message, position } = error as { message?: string; position?: number };
    const at = position === undefined ? '' : ` (character ${position})`;
    return `is no JSONata expression: ${message ?? 'it cannot be read'}${at}`;
  }
}
