import type { LogBucket, LogCount } from '../../backends/logs/store.ts';
import type { Level, LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { SECOND } from '../../domain/time/units.ts';
import { isUnanswered, mayFail } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';
import { canonicalName, type Directory } from '../service-names/names.ts';
import type { FailureGroup, Target } from './failure-groups.ts';

const CALM: Level[] = ['trace', 'debug', 'info'];
const TEMPLATES = 500;
/** Lines of a process about its own start: a process that starts again and again does no work. */
const BEGINS = /\b(?:listen\w*|start(?:ed|ing|up)?|serving|bound|initiali[sz]\w*|ready|boot\w*)\b|시작|기동/i;
/** Work this close to a line that says that there is none contradicts it. */
const LEAST_SLOT = 2 * SECOND;
const MOST_SLOTS = 2_000;
/** At this fraction of its usual rate a service still works. */
const AS_USUAL = 0.5;
/** With fewer lines expected in those seconds their absence shows nothing, and neither does one of them. */
const EXPECTED = 3;

/** Where the life of services is looked for. */
interface Scene {
  logs: LogReader;
  span: Span;
  /** Lines in the window by service, under the names the store has. */
  services: readonly LogCount[];
  directory: Directory;
  signal?: AbortSignal | undefined;
}

/**
 * Marks the services that others say cannot be reached, and that go on working at their usual rate in the seconds around those
 * lines. What is said of them is contradicted by their own life. The store is asked twice for each such service.
 */
export async function withLife(groups: readonly FailureGroup[], scene: Scene): Promise<FailureGroup[]> {
  const courses = new Map<string, Promise<Work | undefined>>();
  const out: FailureGroup[] = [];
  for (const group of groups) {
    const pause = turn();
    if (pause) await pause;
    scene.signal?.throwIfAborted();
    if (!(isUnanswered(group.kind) || group.kind === 'error') || group.targets.length === 0) {
      out.push(group);
      continue;
    }
    const targets: Target[] = [];
    for (const target of group.targets) {
      const known = courses.get(target.service) ?? workOf(target.service, scene);
      courses.set(target.service, known);
      const work = await known;
      const life = work && lifeOf(target, work);
      targets.push(life ? { ...target, life } : target);
    }
    out.push({ ...group, targets });
  }
  return out;
}

/** The lines of a service that tell of its work, in slots of time. */
interface Work {
  slots: LogBucket[];
  slotMs: number;
}

async function workOf(
  service: string,
  { logs, span, services, directory }: Scene,
): Promise<Work | undefined> {
  const own = services.filter(({ key }) => canonicalName(key, directory.own) === service);
  if (own.length === 0) return undefined;
  const { window, baseline, begins, ends } = span;
  const within = {
    from: Math.max(begins, baseline?.from ?? window.from),
    to: Math.min(ends, window.to),
  };
  const asked = { services: own.map(({ key }) => key), levels: CALM, ...within };
  const templates = await logs.counts(asked, 'template', TEMPLATES);
  const templateIds = templates.flatMap(({ key, label }) =>
    BEGINS.test(label) || mayFail(label) ? [] : [key],
  );
  if (templateIds.length === 0) return undefined;
  const slotMs = Math.max(LEAST_SLOT, Math.ceil((within.to - within.from) / MOST_SLOTS / SECOND) * SECOND);
  return { slots: await logs.histogram({ ...asked, templateIds }, slotMs), slotMs };
}

/**
 * How a service goes on working while others say that it cannot be reached: at its usual rate in the seconds around most of
 * those lines, only between them or after them, or not at all; unknown where it writes too seldom to tell.
 */
function lifeOf({ lines }: Target, { slots, slotMs }: Work): Target['life'] {
  const slotOf = (at: number): number => Math.floor((at - slots[0]!.at) / slotMs);
  const near = new Set<number>();
  for (const { timestamp } of lines)
    for (const index of [-1, 0, 1].map((step) => slotOf(timestamp) + step)) if (slots[index]) near.add(index);
  let around = 0;
  let elsewhere = 0;
  let since = 0;
  const first = Math.min(...lines.map(({ timestamp }) => slotOf(timestamp)));
  for (const [index, { total }] of slots.entries()) {
    if (near.has(index)) around += total;
    else elsewhere += total;
    if (index > first) since += total;
  }
  if (around + elsewhere === 0) return undefined;
  const others = slots.length - near.size;
  // Where it is named all the time, its own lines are all there is to compare with: most of those seconds must have some.
  const usual = others > near.size / 4 ? (elsewhere / others) * near.size : around;
  const works = ({ timestamp }: LogRecord): boolean =>
    [-1, 0, 1].some((step) => (slots[slotOf(timestamp) + step]?.total ?? 0) > 0);
  const seldom = usual < near.size;
  const through = seldom || lines.filter(works).length >= AS_USUAL * lines.length;
  if (around >= EXPECTED && around >= AS_USUAL * usual && through) return 'through';
  if (since >= EXPECTED) return 'between';
  // Who seldom writes is not away because it wrote nothing in some seconds.
  return usual >= EXPECTED ? undefined : 'unknown';
}
