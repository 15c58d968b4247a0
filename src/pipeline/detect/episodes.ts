import { LruMap } from '../../domain/lru-map.ts';
import type { DetectedTemplate, Detection } from './services/detection.ts';
import type { ServiceWindow } from './services/service-window.ts';

/** Buckets without any detection after which a problem is over. */
const QUIET_BUCKETS = 12;
/** Reports of one problem are at most this many buckets apart. */
const MAX_STEP = 32;

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
  /** Time of the first line that was not reported yet. */
  from: number;
  /** Bucket of the last detection, and of the next report. */
  lastSignal: number;
  nextReport: number;
  step: number;
  /** Lines the detections since the last report are based on. */
  count: number;
}

/** The problems that go on now, one per service. */
export class Episodes {
  readonly #byService: LruMap<string, Episode>;
  readonly #bucketMs: number;

  constructor(limit: number, bucketMs: number) {
    this.#byService = new LruMap(limit);
    this.#bucketMs = bucketMs;
  }

  /** Adds detections to the service's problem; undefined when it is not yet time to report it again. */
  follow({ name, bucket }: ServiceWindow, detections: Detection[], status: Status): Episode | undefined {
    let episode = this.#byService.get(name);
    if (!episode || bucket - episode.lastSignal > QUIET_BUCKETS) episode = this.#open(name, bucket, status);
    const escalates = status === 'critical' && episode.status === 'warning';
    const due = escalates || bucket >= episode.nextReport;
    if (episode.lastSignal !== bucket || due)
      episode.count += Math.max(...detections.map((detection) => detection.count));
    episode.lastSignal = bucket;
    if (!due) return undefined;
    // The template is kept: a warning that becomes critical is the same problem, and so the same incident.
    episode.template ??= leadingTemplate(detections, status);
    if (escalates) {
      episode.status = status;
      episode.step = 1;
    }
    episode.nextReport = bucket + episode.step;
    episode.step = Math.min(MAX_STEP, episode.step * 2);
    return episode;
  }

  save(): [service: string, episode: Episode][] {
    return [...this.#byService.entries()];
  }

  restore(saved: [service: string, episode: Episode][]): void {
    for (const [name, episode] of saved) this.#byService.set(name, episode);
  }

  #open(name: string, bucket: number, status: Status): Episode {
    const start = bucket * this.#bucketMs;
    const episode: Episode = {
      status,
      since: start,
      from: start,
      lastSignal: bucket,
      nextReport: bucket,
      step: 1,
      count: 0,
    };
    this.#byService.set(name, episode);
    return episode;
  }
}

/** The template a problem is known by: that of the strongest detection of errors that has one. */
export const leadingTemplate = (detections: Detection[], status: Status): DetectedTemplate | undefined =>
  (
    detections.find((detection) => detection.template && (detection.error || status !== 'critical')) ??
    detections.find((detection) => detection.template)
  )?.template;
