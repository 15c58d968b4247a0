import type { Level } from '../../../domain/log/record.ts';
import type { Finding } from '../lines/line-detectors.ts';
import type { Season, Series } from '../statistics/series.ts';

/** What one detector noticed in one bucket of one service. */
export interface Signal {
  detector: 'failing-start' | 'error-burst' | 'new-template' | 'rate-change' | Finding['detector'];
  /** Units of usual spread, or for novelty the number of lines. */
  score: number;
  confidence: number;
  /** Lines behind it. */
  count: number;
  /** Median of earlier buckets. */
  usual: number;
  /** Whether errors are behind it: only then may it become critical. */
  error: boolean;
  template?: SignalTemplate;
  /** Of a service that fails at each start: how many there were, `count` of which failed. */
  starts?: number;
  /** Buckets the count was taken over, where that is not one. */
  buckets?: number;
  /** Of the detectors that look at lines and sessions: the strongest of `count` findings of one kind. */
  finding?: Finding;
}

/** What a signal tells of its template. */
export type SignalTemplate = Pick<
  TemplateState,
  'id' | 'pattern' | 'samples' | 'errorCode' | 'traceId' | 'level'
>;

/** One template within one service. */
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
  /** Its traffic over longer buckets, once it has enough; `low` counts those far below the usual, in a row. */
  slow?: { series: Series; count: number; low: number };
  /** Of the open bucket. */
  count: number;
  samples: string[];
}
