import type { Level } from '../../../domain/log/record.ts';
import type { Gravity } from '../../../lexicon/gravity.ts';
import type { LineFinding } from '../lines/line-detectors.ts';
import type { Bursts } from '../statistics/bursts.ts';
import type { Rise } from '../statistics/rise.ts';
import type { Season, Series } from '../statistics/series.ts';
import type { Reading } from '../trouble/reading.ts';

/** What one detector noticed in one bucket of one service. */
export interface Detection {
  detector:
    | 'grave-event'
    | 'failure-rise'
    | 'failing-start'
    | 'error-burst'
    | 'new-template'
    | 'rate-change'
    | LineFinding['detector'];
  /** Units of usual spread; for a new template the number of lines. */
  score: number;
  confidence: number;
  /** Lines it is based on. */
  count: number;
  /** Median of earlier buckets. */
  usual: number;
  /** Whether it is based on errors: only then it may become critical. */
  error: boolean;
  template?: DetectedTemplate;
  /** Epoch milliseconds of the first line it is about; absent: the first line of its template in the open bucket. */
  from?: number;
  /** Lines that show it, where it is about no template. */
  samples?: string[];
  /** Events that show it, a second apart at least: several lines of one failed request are one. */
  events?: number;
  /** For a service that fails at each start: how many starts there were; `count` of them failed. */
  starts?: number;
  /** Buckets the count was taken over, where that is more than one. */
  buckets?: number;
  /** For detectors of lines and sessions: the strongest of `count` findings of one kind. */
  finding?: LineFinding;
}

/** What a detection tells about its template. */
export type DetectedTemplate = Pick<
  TemplateState,
  'id' | 'pattern' | 'samples' | 'errorCode' | 'traceId' | 'level'
> &
  Partial<Pick<TemplateState, 'gravity' | 'from' | 'to' | 'total'>>;

/** One template within one service. The names of its fields are stored. */
export interface TemplateState {
  id: string;
  pattern: string;
  level: Level;
  errorCode?: string;
  traceId?: string;
  total: number;
  /** Bucket of its first line. */
  born: number;
  series: Series;
  season?: Season;
  /** Closed buckets in a row in which an ordinary message came far too often. */
  hot: number;
  /** Its traffic over longer buckets, once it has enough; `low` counts buckets in a row far below the usual. */
  slow?: { series: Series; count: number; low: number };
  /** What its words say, read once. */
  reading: Reading;
  /** It is about requests with a status. */
  request: boolean;
  /** How its failures have come, once there was one. */
  rise?: Rise;
  /** The largest counts of earlier bursts. */
  bursts?: Bursts;
  /** Separate times a grave event was told of, and the bucket of the last. */
  grave?: { times: number; last: number };
  /** In the open bucket; times in epoch milliseconds. */
  count: number;
  samples: string[];
  gravity: Gravity;
  from: number;
  to: number;
}
