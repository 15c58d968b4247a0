import { CALM } from '../../../lexicon/gravity.ts';
import { Bursts, type BurstsState } from '../statistics/bursts.ts';
import { Rise, type RiseState } from '../statistics/rise.ts';
import { Season, type SeasonState, Series, type SeriesState } from '../statistics/series.ts';
import { noReading } from '../trouble/reading.ts';
import type { TemplateState } from './detection.ts';

/** Fields that states of earlier versions lack. */
type Later = 'reading' | 'request' | 'gravity' | 'from' | 'to';

/** A template of a service as it is stored. */
export type SavedTemplate = Omit<TemplateState, 'series' | 'season' | 'slow' | 'rise' | 'bursts' | Later> &
  Partial<Pick<TemplateState, Later>> & {
    series: SeriesState;
    season?: SeasonState;
    slow?: { series: SeriesState; count: number; low: number };
    rise?: RiseState;
    bursts?: BurstsState;
  };

export const saveTemplate = ({
  series,
  season,
  slow,
  rise,
  bursts,
  ...rest
}: TemplateState): SavedTemplate => ({
  ...rest,
  ...(rise ? { rise: rise.save() } : {}),
  ...(bursts ? { bursts: bursts.save() } : {}),
  ...(slow ? { slow: { ...slow, series: slow.series.save() } } : {}),
  series: series.save(),
  ...(season ? { season: season.save() } : {}),
});

/** @param lastTime of its service, epoch milliseconds: for states of earlier versions, which do not say when the template came */
export function restoreTemplate(saved: SavedTemplate, lastTime: number): TemplateState {
  const { series, season, slow, rise, bursts, ...rest } = saved;
  return {
    ...{ reading: noReading(), request: false, gravity: CALM, from: lastTime, to: lastTime },
    ...rest,
    samples: [...rest.samples],
    series: Series.from(series),
    ...(rise ? { rise: Rise.from(rise) } : {}),
    ...(bursts ? { bursts: Bursts.from(bursts) } : {}),
    ...(slow ? { slow: { ...slow, series: Series.from(slow.series) } } : {}),
    ...(season ? { season: new Season(0, season) } : {}),
  };
}
