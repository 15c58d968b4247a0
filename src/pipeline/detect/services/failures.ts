import { isError, type Level } from '../../../domain/log/record.ts';
import { CALM, FAILURE, GRAVE, SERIOUS } from '../../../lexicon/gravity.ts';
import type { Exposure } from '../statistics/rise.ts';
import type { DetectedTemplate, Detection, TemplateState } from './detection.ts';

/** Confidence of a grave event: the line itself says it. Each earlier time it came and passed makes it less. */
const GRAVE_CONFIDENCE = 0.95;
/** The same for what failed for good: a warning. */
const SERIOUS_CONFIDENCE = 0.8;
const LESS_EACH_TIME = 0.85;
/** A grave event that was away for more buckets than this has come another time. */
const SAME_TIME_BUCKETS = 60;
/** How likely a kind of failure that comes more often tells of something wrong, by the level it is written at. */
const RISE_PRIOR: Record<Level, number> = {
  trace: 1e-4,
  debug: 1e-4,
  info: 2e-4,
  warn: 2e-4,
  error: 1e-3,
  fatal: 1e-2,
};

/** The same for a warning whose words tell of no failure. */
const WARNING_PRIOR = 5e-5;

/** Whether the template's lines in the open bucket tell of a failure, by their level or their words. */
export const isFailing = ({ gravity, level }: Pick<DetectedTemplate, 'gravity' | 'level'>): boolean =>
  (gravity ?? (isError(level) ? FAILURE : CALM)) >= FAILURE;

/** A single grave event, without statistics: it needs no past and no second line. */
export function graveEvent(template: TemplateState, bucket: number): Detection | undefined {
  if (template.gravity < SERIOUS) return undefined;
  const { grave } = template;
  const earlier = grave === undefined ? 0 : grave.times - (bucket - grave.last <= SAME_TIME_BUCKETS ? 1 : 0);
  return {
    detector: 'grave-event',
    score: template.count,
    confidence:
      (template.gravity === GRAVE ? GRAVE_CONFIDENCE : SERIOUS_CONFIDENCE) * LESS_EACH_TIME ** earlier,
    count: template.count,
    usual: 0,
    error: true,
    events: 1,
    template,
  };
}

/** Remembers that a grave event was told of in the bucket that closes. */
export function rememberGrave(template: TemplateState, bucket: number): void {
  if (template.gravity < SERIOUS) return;
  template.grave ??= { times: 0, last: Number.NEGATIVE_INFINITY };
  if (bucket - template.grave.last > SAME_TIME_BUCKETS) template.grave.times += 1;
  template.grave.last = bucket;
}

/**
 * A kind of failure that comes more often than before.
 * @param since where the service's past begins
 * @param lines of the whole stream so far
 */
export function risingFailure(
  template: TemplateState,
  since: Exposure,
  lines: number,
): Detection | undefined {
  const { rise, total } = template;
  const now = { at: template.to, lines: lines - total };
  const rising = rise?.rising(since, now, isFailing(template) ? RISE_PRIOR[template.level] : WARNING_PRIOR);
  if (!rising) return undefined;
  return {
    detector: 'failure-rise',
    score: rising.evidence,
    confidence: rising.confidence,
    count: rising.lines,
    usual: 0,
    error: isError(template.level) || template.gravity === GRAVE,
    from: rising.from,
    events: rising.events,
    template,
  };
}
