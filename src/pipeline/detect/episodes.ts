import type { LogRecord } from '../../domain/log/record.ts';
import { LruMap } from '../../domain/lru-map.ts';
import type { DetectedTemplate, Detection } from './services/detection.ts';
import { isFailing } from './services/failures.ts';
import type { ServiceWindow } from './services/service-window.ts';

/** Buckets without any detection after which a problem is over. */
const QUIET_BUCKETS = 12;
/** Reports of one problem are at most this many buckets apart. */
const MAX_STEP = 32;
/** A failure has ended when it is absent for this many times its longest pause, and the service wrote so many lines since. */
const PAUSES = 4;
const MIN_LINES = 20;
/** One with fewer lines was an event, and not a state that ends. */
const MIN_STATE = 5;
/** Lines that no report tells are told when this part of the problem's length has passed. */
const TOLD_WITHIN = 1 / 8;
/** Kinds of lines that one problem is followed by. */
const MAX_KINDS = 16;

export type Status = 'warning' | 'critical';

/**
 * One problem of a service, from its first detection until the service is quiet again. It is reported after 1, 2, 4 …
 * buckets. The names of the fields are stored.
 */
export interface Episode {
  status: Status;
  /** The template the problem is known by; the same for all its anomalies, so that they belong to one incident. */
  template?: DetectedTemplate;
  since: number;
  /** Time of its first line. */
  from: number;
  /** Time of its last line so far. */
  to?: number;
  /** Bucket of the last detection, and of the next report. */
  lastSignal: number;
  nextReport: number;
  step: number;
  /** Lines since the last report. */
  count: number;
  /** What the first report was headed by, and the bucket in which its lines were told last. */
  issue?: string;
  told?: number;
  /** Templates of its failures. */
  kinds?: string[];
  /** Those that hardly came before it: while they come, it goes on. */
  fresh?: string[];
  /** The open bucket was counted, with so many lines; it was reported before it closed. */
  open?: { bucket: number; count: number; early: boolean; mends?: boolean; lines?: number };
  /** All its lines so far, and all lines of the service by its last. */
  lines?: number;
  serviceLines?: number;
  /** Something was lost: that does not end by itself. */
  grave?: boolean;
  /** The longest pause between two of its lines, in milliseconds. */
  pause?: number;
}

/** The problems that go on now, one per service. */
export class Episodes {
  readonly #byService: LruMap<string, Episode>;
  /** Services whose problem has lines that no report told yet. */
  readonly #untold = new Set<string>();
  readonly #bucketMs: number;

  constructor(limit: number, bucketMs: number) {
    this.#byService = new LruMap(limit, (name) => this.#untold.delete(name));
    this.#bucketMs = bucketMs;
  }

  /**
   * Adds detections to the service's problem; undefined when it is not yet time to report it again.
   * @param closing the bucket is over
   */
  follow(
    service: ServiceWindow,
    detections: Detection[],
    status: Status,
    closing: boolean,
  ): Episode | undefined {
    const { name, bucket } = service;
    let episode = this.#byService.get(name);
    if (!episode || bucket - episode.lastSignal > QUIET_BUCKETS)
      episode = this.#open(service, detections, status);
    const escalates = status === 'critical' && episode.status === 'warning';
    // What was said before the bucket was over is mended when it closes.
    const wasEarly = closing && episode.open?.early === true && episode.open.bucket === bucket;
    const told = wasEarly ? episode.open!.count : 0;
    this.#count(service, episode, detections);
    const mends = wasEarly && episode.count >= told;
    const due = escalates || mends || bucket >= episode.nextReport;
    episode.lastSignal = bucket;
    if (!due) {
      this.#untold.add(name);
      return undefined;
    }
    this.#untold.delete(name);
    episode.told = bucket;
    // The template is kept: a warning that becomes critical is the same problem, and so the same incident.
    episode.template ??= leadingTemplate(detections, status);
    if (escalates) {
      episode.status = status;
      episode.step = 1;
    }
    if (!mends || escalates) {
      episode.nextReport = bucket + episode.step;
      episode.step = Math.min(MAX_STEP, episode.step * 2);
    }
    episode.open = { bucket, count: 0, ...episode.open, early: !closing, mends };
    return episode;
  }

  /** Whether a critical problem of the service goes on. */
  isCritical({ name, bucket }: ServiceWindow): boolean {
    const episode = this.#byService.get(name);
    return episode?.status === 'critical' && bucket - episode.lastSignal <= QUIET_BUCKETS;
  }

  /** Whether the open bucket of the service was told of before it closed. */
  isEarly({ name, bucket }: ServiceWindow): boolean {
    const open = this.#byService.get(name)?.open;
    return open?.early === true && open.bucket === bucket;
  }

  /** Notes that a bucket closes in which nothing was found: while its lines come, the problem goes on. */
  goesOn(service: ServiceWindow): void {
    const episode = this.#byService.get(service.name);
    if (!episode?.fresh?.length || service.bucket - episode.lastSignal > QUIET_BUCKETS) return;
    if (service.linesOf(episode.fresh).count === 0) return;
    this.#count(service, episode, []);
    this.#untold.add(service.name);
    episode.lastSignal = service.bucket;
  }

  /** Counts a line that came too late for its bucket: it waited for the rest of its event, while lines of others went by. */
  addLate(service: string, { template, timestamp }: LogRecord): void {
    const episode = this.#byService.get(service);
    if (!episode?.kinds?.includes(template!.id) || timestamp < episode.from) return;
    episode.count += 1;
    episode.lines = (episode.lines ?? 0) + 1;
    episode.to = Math.max(episode.to ?? 0, timestamp);
    this.#untold.add(service);
  }

  /**
   * Problems with lines that no report told, when by this bucket nothing of them came for long, or nothing was told for long. Their
   * lines are to be told now.
   */
  left(bucket: number): [service: string, episode: Episode][] {
    const found: [string, Episode][] = [];
    for (const name of this.#untold) {
      const episode = this.#byService.get(name)!;
      const { lastSignal, since, told = lastSignal } = episode;
      const wait = Math.max(MAX_STEP, TOLD_WITHIN * (bucket - since / this.#bucketMs));
      if (bucket - lastSignal <= QUIET_BUCKETS && bucket - told <= wait) continue;
      this.#untold.delete(name);
      episode.told = bucket;
      if (episode.count > 0) found.push([name, episode]);
    }
    return found;
  }

  /** The problem of a service whose open bucket has lines, if it is over: it is forgotten then. */
  ended(service: ServiceWindow): Episode | undefined {
    const episode = this.#byService.get(service.name);
    if (!episode?.template || episode.to === undefined || episode.grave || service.lines === 0)
      return undefined;
    if ((episode.lines ?? 0) < MIN_STATE || service.bucket - episode.lastSignal <= QUIET_BUCKETS)
      return undefined;
    if (service.hasFailures()) return undefined;
    const silent = service.lastTime - episode.to;
    if (silent <= Math.max(QUIET_BUCKETS * this.#bucketMs, PAUSES * (episode.pause ?? 0))) return undefined;
    if (service.before + service.lines - (episode.serviceLines ?? 0) < MIN_LINES) return undefined;
    this.#byService.delete(service.name);
    this.#untold.delete(service.name);
    return episode;
  }

  save(): [service: string, episode: Episode][] {
    return [...this.#byService.entries()];
  }

  restore(saved: [service: string, episode: Episode][]): void {
    for (const [name, episode] of saved) {
      this.#byService.set(name, episode);
      if (episode.count > 0) this.#untold.add(name);
    }
  }

  /** Counts the lines of the open bucket that belong to the problem, each once. */
  #count(service: ServiceWindow, episode: Episode, detections: Detection[]): void {
    const { bucket } = service;
    episode.kinds ??= [];
    episode.fresh ??= [];
    const { kinds } = episode;
    for (const { template, error, from, count: some } of detections) {
      const fails = template && (error || (template.gravity ?? 0) > 0);
      if (!fails || kinds.includes(template.id) || kinds.length >= MAX_KINDS) continue;
      kinds.push(template.id);
      if (2 * some >= (template.total ?? some)) episode.fresh.push(template.id);
      // Lines of a rise that began before this bucket.
      if (from !== undefined && from < bucket * this.#bucketMs) {
        const before = linesBefore(detections, template.id, service);
        episode.count += before;
        episode.lines = (episode.lines ?? 0) + before;
      }
    }
    const told = service.linesOf(kinds);
    const findings = detections.filter(({ finding, score }) => finding || score < 0);
    const others = kinds.length === 0 ? detections : findings;
    const count = Math.max(told.count, ...others.map((detection) => detection.count), 0);
    const counted = episode.open?.bucket === bucket ? episode.open.count : 0;
    episode.count += Math.max(0, count - counted);
    const before = episode.open?.bucket === bucket ? (episode.open.lines ?? 0) : 0;
    episode.lines = (episode.lines ?? 0) + Math.max(0, told.count - before);
    episode.open = {
      bucket,
      count: Math.max(count, counted),
      early: episode.open?.bucket === bucket && episode.open.early,
      lines: told.count,
    };
    episode.grave ||= detections.some(({ detector }) => detector === 'grave-event');
    if (told.to > 0) {
      if (episode.to !== undefined) episode.pause = Math.max(episode.pause ?? 0, told.from - episode.to);
      episode.to = Math.max(episode.to ?? 0, told.to);
      episode.serviceLines = service.before + service.lines;
    }
  }

  #open(service: ServiceWindow, detections: Detection[], status: Status): Episode {
    const { name, bucket } = service;
    const from = beginOf(service, detections);
    const episode: Episode = {
      ...{ status, since: from, from, lastSignal: bucket, nextReport: bucket, step: 1, count: 0 },
    };
    this.#byService.set(name, episode);
    return episode;
  }
}

/** Lines before the open bucket of a rise, or of a service that has only failed since it began. */
const linesBefore = (detections: Detection[], id: string, service: ServiceWindow): number => {
  const rise = detections.find(
    ({ detector, template, starts }) =>
      template?.id === id &&
      (detector === 'failure-rise' || (detector === 'failing-start' && starts === undefined)),
  );
  return rise ? Math.max(0, rise.count - service.linesOf([id]).count) : 0;
};

/** The first line of what was found: of the failures among it, if there are any. */
function beginOf(service: ServiceWindow, detections: Detection[]): number {
  const failures = detections.filter(({ error, template }) => error || (template && isFailing(template)));
  const strongest = detections[0]?.confidence ?? 0;
  let from = Number.POSITIVE_INFINITY;
  for (const detection of failures.length > 0 ? failures : detections) {
    // What is no more than half as sure may be something usual.
    if (detection.confidence < strongest / 2) continue;
    from = Math.min(
      from,
      detection.from ?? detection.template?.from ?? detection.finding?.from ?? detection.finding?.at ?? from,
    );
  }
  return Math.min(from, service.lastTime);
}

/** The template a problem is known by: that of the strongest detection of errors that has one. */
export const leadingTemplate = (detections: Detection[], status: Status): DetectedTemplate | undefined =>
  (
    detections.find((detection) => detection.template && (detection.error || status !== 'critical')) ??
    detections.find((detection) => detection.template)
  )?.template;
