import type { LogCount } from '../../backends/logs/store.ts';
import type { Level, LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { recordFailure, saying } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';
import { type Directory, learnNames } from './names.ts';

const LISTEN = /\b(?:listen\w*|serving|bound to|start(?:ed|ing)?)\b/i;
/** Stores of up to this many records are searched for ports as a whole; larger ones only shortly before the window. */
const SEARCHABLE = 100_000;
const PORTS = 8;
/** Lines about listening are calm; without this limit failing lines would fill the page. */
const CALM: Level[] = ['trace', 'debug', 'info'];

/** What is known before names are learned. */
interface Known {
  /** Services and templates with lines in the window or before it. */
  services: readonly LogCount[];
  templates: readonly LogCount[];
  /** Lines that report failures. */
  failing: readonly LogRecord[];
  /** Names of services that may have written nothing. */
  catalogue?: readonly string[];
}

/** Names and ports from start-up and configuration lines (written long before), and from the failing lines. */
export async function learnDirectory(
  logs: LogReader,
  span: Span,
  { services, templates, failing, catalogue = [] }: Known,
): Promise<Directory> {
  const ports = new Map<string, number>();
  for (const record of failing) {
    const pause = turn();
    if (pause) await pause;
    for (const [, port] of saying(record).matchAll(/(?<=[\w\]]):(\d{3,5})\b(?![:.]\d)/g))
      ports.set(port!, (ports.get(port!) ?? 0) + 1);
  }
  const wanted = [...ports].sort((a, b) => b[1] - a[1]).slice(0, PORTS);
  const until =
    span.stored <= SEARCHABLE
      ? { to: span.window.to }
      : { from: span.window.from - 10 * MINUTE, to: span.window.to };
  const listening = templates.filter((entry) => LISTEN.test(entry.label)).map((entry) => entry.key);
  const pages = await Promise.all([
    ...(listening.length > 0
      ? [logs.search({ templateIds: listening, to: span.window.to }, { limit: 200, order: 'oldest' })]
      : []),
    ...wanted.map(([port]) =>
      logs.search({ ...until, text: port, levels: CALM }, { limit: 100, order: 'oldest' }),
    ),
  ]);
  const healthy = pages
    .flatMap((page) => page.records)
    .filter((record) => recordFailure(record) === undefined);
  const unique = new Map([...healthy, ...failing].map((record) => [record.id, record]));
  const names = services.map((entry) => entry.key);
  return learnNames(names, [...unique.values()], catalogue);
}
