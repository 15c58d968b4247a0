import type { Level } from '../../../domain/log/record.ts';
import type { LineFinding } from '../lines/line-detectors.ts';
import type { Season, Series } from '../statistics/series.ts';

/** What one detector noticed in one bucket of one service. */
export interface Detection {
  detector: 'failing-start' | 'error-burst' | 'new-template' | 'rate-change' | LineFinding['detector'];
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
>;

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
  /** In the open bucket. */
  count: number;
  samples: string[];
}
