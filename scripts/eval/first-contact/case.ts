// A case: the lines of its files, and the truth that is counted while they are written.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Draw } from './draw.ts';
import { iso } from './stamp.ts';

/** `proof`: the line proves the problem; `effect`: it follows from it; ordinary without either. */
type Tag = 'proof' | 'effect' | undefined;

interface Row {
  at: number;
  text: string;
  tag: Tag;
}

/** The rows of one file; a row may have several lines, one log call all the same. */
export class Log {
  #rows: Row[] = [];

  add(at: number, text: string, tag?: Tag): void {
    this.#rows.push({ at, text, tag });
  }

  /** By time; what was added first stays first. */
  rows(): Row[] {
    return this.#rows.toSorted((a, b) => a.at - b.at);
  }
}

/** Counts what the access lines say. */
export class Requests {
  #count = 0;
  #bad = 0;
  #ms = 0;
  #timed = true;
  #by = new Map<string, number>();

  /**
   * @param endpoint `undefined` where nobody would ask which is the busiest
   * @param ms how long it took; `undefined` where the log does not say
   */
  see(status: number, endpoint: string | undefined, ms?: number): void {
    this.#count += 1;
    if (status >= 500) this.#bad += 1;
    if (endpoint !== undefined) this.#by.set(endpoint, (this.#by.get(endpoint) ?? 0) + 1);
    if (ms === undefined) this.#timed = false;
    else this.#ms += ms;
  }

  counts(): Record<string, number | string> {
    const [first, second] = [...this.#by].sort((a, b) => b[1] - a[1]);
    const clear = first !== undefined && (second === undefined || first[1] > 1.03 * second[1]);
    return {
      requests: this.#count,
      errors_5xx: this.#bad,
      ...(clear ? { busiest: first[0] } : {}),
      ...(this.#timed ? { mean_ms: Math.round((this.#ms / this.#count) * 100) / 100 } : {}),
    };
  }
}

/** What a family writes for one case. */
export interface Draft {
  kind: string;
  files: Record<string, Log>;
  /** Every name a reasonable reader accepts for what is at fault. */
  culprit: string[];
  /** Patterns of which one matches any reasonable wording of the fault. */
  problem: string[];
  /** Patterns of the lines that prove it; no ordinary line matches. */
  lines: string[];
  services: string[];
  requests?: Requests;
  /** False where the log has no date of its own. */
  dated?: boolean;
  yearless?: boolean;
  /** Stands before the first row of every file. */
  header?: string;
  encoding?: 'utf8' | 'utf16le';
  note?: string;
}

/** One program's logs with one kind of trouble. */
export interface Family {
  name: string;
  /** Which of the two cases it has: `broken`, `healthy`; both unless said. */
  only?: 'broken' | 'healthy';
  make(draw: Draw, broken: boolean): Draft;
}

export interface Truth {
  kind: string;
  broken: boolean;
  files: string[];
  culprit: string[];
  problem: string[];
  lines: string[];
  from: string | null;
  to: string | null;
  counts: Record<string, number | string>;
  time_range: [string, string] | null;
  yearless: boolean;
  services: string[];
  note: string;
}

const GZIP_FROM = 100_000;

/** Refuses a truth that the lines do not bear out. */
function verify(name: string, broken: boolean, rows: Row[], lines: string[]): void {
  const patterns = lines.map((one) => new RegExp(one, 'i'));
  const proof = rows.filter((row) => row.tag === 'proof');
  for (const { tag, text } of rows) {
    const hit = patterns.some((one) => one.test(text));
    if (tag === 'proof' && !hit)
      throw new Error(`${name}: a proof matches no pattern: ${text.slice(0, 200)}`);
    if (tag === undefined && hit)
      throw new Error(`${name}: an ordinary line matches a proof pattern: ${text.slice(0, 200)}`);
  }
  if (broken !== proof.length > 0)
    throw new Error(`${name}: broken is ${broken}, with ${proof.length} lines of proof`);
}

/** The bytes of a draft's files and its truth. */
export function settle(
  name: string,
  broken: boolean,
  draft: Draft,
): { files: Map<string, Buffer>; truth: Truth } {
  const dated = draft.dated ?? true;
  const files = new Map<string, Buffer>();
  const all: Row[] = [];
  let physical = 0;
  for (const [file, log] of Object.entries(draft.files)) {
    const rows = log.rows();
    const text = (draft.header ?? '') + rows.map((row) => `${row.text}\n`).join('');
    const bytes = Buffer.from(
      (draft.encoding === 'utf16le' ? '\ufeff' : '') + text,
      draft.encoding ?? 'utf8',
    );
    physical += text.split('\n').length - 1;
    for (const row of rows) all.push(row);
    if (bytes.length > GZIP_FROM) files.set(`${file}.gz`, gzipSync(bytes));
    else files.set(file, bytes);
  }
  const { culprit, problem, lines } = broken ? draft : { culprit: [], problem: [], lines: [] };
  verify(name, broken, all, lines);
  const first = (rows: Row[]): string => iso(rows.reduce((best, { at }) => Math.min(best, at), Infinity));
  const last = (rows: Row[]): string => iso(rows.reduce((best, { at }) => Math.max(best, at), 0));
  const proof = all.filter((row) => row.tag === 'proof');
  const tagged = all.filter((row) => row.tag !== undefined);
  const truth: Truth = {
    kind: draft.kind,
    broken,
    files: [...files.keys()],
    culprit,
    problem,
    lines,
    from: broken && dated ? first(proof) : null,
    to: broken && dated ? last(tagged) : null,
    counts: {
      lines: physical,
      // A blank line alone is no log call.
      entries: all.filter(({ text }) => text.trim() !== '').length,
      problem_lines: proof.length,
      ...draft.requests?.counts(),
    },
    time_range: dated ? [first(all), last(all)] : null,
    yearless: draft.yearless ?? false,
    services: draft.services,
    note: draft.note ?? '',
  };
  return { files, truth };
}

/** Writes a case's folder anew. */
export function writeCase(folder: string, { files, truth }: ReturnType<typeof settle>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of files) writeFileSync(join(folder, file), bytes);
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, undefined, 1)}\n`);
}
