import type { Incident } from '../../../domain/alert/incident.ts';
import { wordingOf } from '../../../domain/alert/wording.ts';
import { reasonLine } from '../../../domain/log/telling.ts';
import { cut } from '../../chat/text.ts';
import { knownCause } from './headline.ts';

/** Lines that are in view, and the length of each, in UTF-16 units. */
const SHOWN = 2;
const LINE = 300;
/** Rows of one line with a trace; of a longer trace the first rows and the reason stay. */
const ROWS = 4;
/** Lines that are folded away. */
const MORE = 5;
const MORE_LINE = 400;
/** How much of the title is looked for in a line, where that is late, and how much of what stands before it is shown. */
const TELLING = 16;
const LATE = 120;
const BEFORE = 24;
/** Characters that two lines are compared by. */
const COMPARED = 500;

/** A line with a trace, short: where it begins, and why it happened. */
function shortTrace(line: string): string {
  const rows = line.split(/\r?\n/).filter((row) => row.trim() !== '');
  if (rows.length <= ROWS) return line;
  const reason = reasonLine(rows);
  const last = rows.findLast((row) => (reason ? row.endsWith(reason) : true))!;
  const [first, second] = rows;
  return [first, ...(second === last ? [] : [second, `  [${rows.length - 3}]`]), last].join('\n');
}

/** A line of which the telling part begins late, as in structured lines: from a little before that part. */
function fromTelling(line: string, title: string): string {
  const telling = title.slice(0, TELLING);
  const at = telling.length < TELLING ? -1 : line.indexOf(telling);
  return at > LATE ? `… ${line.slice(at - BEFORE)}` : line;
}

/** The lines that prove it, verbatim: two of different kinds in view, the others to be folded away. */
export function proofOf(incident: Incident): { shown: string[]; more: string[] } {
  const cause = knownCause(incident);
  const title = cause?.text ?? incident.title;
  const proof = cause?.evidence ?? [];
  const all = [...new Set([...proof, ...incident.sampleLines])].filter((line) => line.trim() !== '');
  const [first] = all;
  if (first === undefined) return { shown: [], more: [] };
  const wording = wordingOf(first.slice(0, COMPARED));
  const second = all.slice(1).find((line) => wordingOf(line.slice(0, COMPARED)) !== wording) ?? all[1];
  const chosen = [first, ...(second === undefined ? [] : [second])].slice(0, SHOWN);
  const rest = all.filter((line) => !chosen.includes(line) || line.includes('\n'));
  return {
    shown: chosen.map((line) => cut(fromTelling(shortTrace(line), title), LINE)),
    more: rest.slice(0, MORE).map((line) => cut(line, MORE_LINE)),
  };
}
