import type { DigestReport } from '../../src/domain/job/digest.ts';

/** The digest of a day on which nothing was. */
export const quietDigest: DigestReport = {
  team: 'all',
  span: 'day',
  day: '2026-11-20',
  window: { from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 21) },
  quiet: true,
  incidents: { opened: 0, recurring: 0, resolved: 0, open: 0, top: [] },
  noisiest: [],
  logs: {
    lines: 0,
    errors: 0,
    before: { lines: 0, errors: 0 },
    newTemplates: [],
    newTemplateCount: 0,
    series: [],
  },
  jobs: { done: 0, failed: 0, waiting: 0 },
  models: [],
  madeAt: 0,
};
