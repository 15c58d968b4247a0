import { InvalidArgumentError } from 'commander';
import { MAX_QUESTION, parseDuration } from '../domain/question/question.ts';

// Each of these reads one word of the command line. They throw commander's InvalidArgumentError; commander puts the name
// of the argument before its message.

/** A whole number, 0 or more. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('must be a whole number, 0 or more');
  return value;
}

export function port(text: string): number {
  const value = count(text);
  if (value > 65_535) throw new InvalidArgumentError('must be a port, 0 to 65535');
  return value;
}

/** Milliseconds. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined)
    throw new InvalidArgumentError('must be a duration such as 30m, 2h, 1d (1 s to 90 days)');
  return value;
}

export function period(text: string): 'yesterday' | 'week' {
  if (text !== 'yesterday' && text !== 'week') throw new InvalidArgumentError('must be yesterday or week');
  return text;
}

export function question(text: string): string {
  if (text.length > MAX_QUESTION) throw new InvalidArgumentError(`is longer than ${MAX_QUESTION} characters`);
  return text;
}
