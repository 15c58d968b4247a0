import type { StateStore } from '../../backends/state/store.ts';
import { incidentRow, listedIncidents } from '../../domain/alert/incident-row.ts';
import { AppError } from '../../domain/errors.ts';
import type { ConsoleIncident, ConsoleIncidents } from '../../domain/question/console-room.ts';
import { addedCause } from '../../i18n/answers.ts';
import { CONSOLE_CHANNEL } from '../chat/chat.ts';
import { askedPut, loadDelivery, parentId } from '../delivery/delivery.ts';
import { withoutCredentials } from '../views/card/without-credentials.ts';

/** Of more, the ones seen last are looked at; the page shows so many rows. */
const LATEST = 1_000;
const ROWS = 300;
const ATTEMPTS = 20;
const CHAIN = 20;
const PLACE = { name: 'console', alertChannel: CONSOLE_CHANNEL };

/**
 * The list of incidents on the console page, whatever their severity.
 * @param options.wake told after a thread was asked for
 */
export function openIncidentList({ state, wake }: { state: StateStore; wake: () => void }): ConsoleIncidents {
  const threadOf = async (id: string): Promise<string | undefined> => {
    const delivery = await loadDelivery(state, parentId(PLACE.name, id));
    return delivery?.value.ref?.thread;
  };
  return {
    async list(all, language) {
      const now = Date.now();
      const latest = await state.list('incident', { descending: true, limit: LATEST });
      const found = listedIncidents(
        latest.map(({ value }) => value),
        all,
        now,
      );
      const rows = found
        .slice(0, ROWS)
        .map(withoutCredentials)
        .map(async (incident): Promise<ConsoleIncident> => {
          const thread = await threadOf(incident.id);
          return {
            ...incidentRow(incident, now, addedCause(language, incident)),
            ...(thread ? { thread } : {}),
          };
        });
      return await Promise.all(rows);
    },

    async openThread(id) {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        let incident = (await state.get('incident', id))?.value;
        // A consequence is told of in the thread of its cause.
        for (let depth = 0; incident?.correlation.cause && depth < CHAIN; depth += 1)
          incident = (await state.get('incident', incident.correlation.cause.id))?.value;
        if (!incident) throw new AppError('not_found', `no incident ${id}`);
        const put = askedPut(
          await loadDelivery(state, parentId(PLACE.name, incident.id)),
          incident,
          PLACE,
          Date.now(),
        );
        if (put && (await state.commit({ put: [put] })) !== 'done') continue;
        if (put) wake();
        return;
      }
      throw new AppError('conflict', `incident ${id} is being changed by others`);
    },
  };
}
