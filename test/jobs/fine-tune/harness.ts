import type { TestContext } from 'node:test';
import { judge, judgedMonth } from '../../../scripts/eval/judged-month.ts';
import type { JobContext } from '../../../src/backends/queue/queue.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import type { Incident } from '../../../src/domain/alert/incident.ts';

import { createLog } from '../../../src/log.ts';
import { temporaryState } from '../../bot/fixtures.ts';

export const log = createLog('silent');
export const language = 'en' as const;
/** What a job gets besides its payload. */
export const context: JobContext = {
  id: 'j',
  attempt: 1,
  attempts: 1,
  signal: new AbortController().signal,
  progress: async () => {},
};

export const openState = async (t: TestContext): Promise<StateStore> => (await temporaryState(t)).open();

export async function fill(state: StateStore, incidents: Incident[]): Promise<void> {
  const put = incidents.map((value) => ({
    kind: 'incident' as const,
    id: value.id,
    value,
    rank: value.activity.lastSeen,
  }));
  await state.commit({ put });
}

/** Four weeks of alerts, and their incidents with the judgement of a person. */
export const month = judgedMonth(5, 28);
export const judged = month.map(({ incident, real }) => judge(incident, real));
