import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threadName, toDiscord } from '../../../src/bot/discord/embeds.ts';
import { readAnomaly } from '../../../src/bot/incidents/consumer.ts';
import { toBlocks } from '../../../src/bot/slack/blocks.ts';
import { actionView } from '../../../src/bot/views/action.ts';
import { incidentView, threadTitle } from '../../../src/bot/views/incident.ts';
import { incidentsView, mutesView, pageView, stormView } from '../../../src/bot/views/lists.ts';
import { menuView } from '../../../src/bot/views/menu.ts';
import { joinAffected } from '../../../src/domain/alert/affected-services.ts';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import { type Incident, joinOwn, openIncident } from '../../../src/domain/alert/incident.ts';
import { actOn } from '../../../src/domain/alert/incident-actions.ts';
import { mergeInto } from '../../../src/domain/alert/merge.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { speech } from '../../../src/i18n/format.ts';
import { checkDiscord } from '../../fakes/discord-limits.ts';
import { hostileAnomaly, hostileWords, random } from '../../fakes/hostile.ts';
import { checkSlack } from '../../fakes/slack-limits.ts';
import { NOW } from '../fixtures.ts';

const ROUNDS = 500;
const PER_ROUND = 6;
const STORM = 25;
const LANGUAGES = [speech('en', 'UTC'), speech('ko', 'Asia/Seoul')];
const ACTS = ['acknowledged', 'assigned', 'muted', 'false_alarm', 'resolved', 'reopened', 'real'] as const;

/** As it comes off the bus. */
const received = (next: () => number, offset: number): Anomaly =>
  readAnomaly({
    topic: 'log-anomalies',
    partition: 0,
    offset: String(offset),
    value: Buffer.from(JSON.stringify(hostileAnomaly(next))),
    headers: {},
    timestamp: NOW,
  });

/** An incident of several hostile alerts, with which hostile people did something. */
function hostileIncident(next: () => number, id: string): Incident {
  const alerts = Array.from({ length: PER_ROUND }, (_, index) => received(next, index));
  let incident = openIncident(id, alerts[0]!, next() < 0.3 ? { id, occurrence: 7, at: NOW } : undefined);
  for (const alert of alerts.slice(1))
    incident = next() < 0.5 ? joinOwn(incident, alert) : joinAffected(incident, alert);
  if (next() < 0.3) incident = mergeInto(incident, openIncident('0a0a0a0a0a', received(next, 99))).target;
  for (const what of ACTS) {
    if (next() < 0.6) continue;
    const [who, note, to] = [hostileWords(next), hostileWords(next), hostileWords(next)];
    incident = actOn(incident, { what, who, note, to, at: NOW, until: NOW + 3_600_000 });
  }
  return incident;
}

test('three thousand hostile alerts: every message of them is within the limits of Slack and Discord', () => {
  const all: Incident[] = [];
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const next = random(seed);
    const incident = hostileIncident(next, seed.toString(16).padStart(10, '0'));
    all.push(incident);
    const spoken = LANGUAGES[seed % 2]!;
    const shadow = [{ chat: 'slack', channel: hostileWords(next), mention: [hostileWords(next)] }];
    const victim = mergeInto(openIncident('0b0b0b0b0b', received(next, 98)), incident).source;
    const mute = {
      id: 'm0123456789',
      by: 'template' as const,
      service: incident.service,
      at: NOW,
      until: NOW,
    };
    const views: (Message | undefined)[] = [
      incidentView(incident, spoken, NOW, { shadow }),
      incidentView(victim, spoken, NOW),
      ...incident.lifecycle.history.map((_, index) => actionView(incident, index, spoken)),
      pageView(incident, spoken, NOW, shadow),
      menuView(incident, all.slice(-10), spoken, { now: NOW, wide: true }),
      stormView(all.slice(-STORM), spoken),
      incidentsView(all.slice(-STORM - 5), spoken),
      mutesView(
        [{ ...mute, pattern: incident.title, who: hostileWords(next), reason: hostileWords(next) }],
        all.slice(-STORM),
        spoken,
        NOW,
      ),
    ];
    try {
      for (const view of views) {
        if (!view) continue;
        checkSlack(toBlocks(view));
        checkDiscord(toDiscord(view, { tag: 'abcdefghijkl' }));
      }
      const name = threadName(threadTitle(incident, spoken));
      assert.ok(name.length > 0 && name.length <= 100 && name.isWellFormed());
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test('a storm message of the longest incidents has a button for each', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const next = random(seed);
    const all = Array.from({ length: STORM }, (_, index) =>
      hostileIncident(next, `${seed}`.padStart(5, '0') + `${index}`.padStart(5, '0')),
    );
    for (const spoken of LANGUAGES) {
      const view = stormView(all, spoken);
      for (const payload of [toBlocks(view), toDiscord(view)])
        for (const { id } of all) assert.ok(JSON.stringify(payload).includes(`show|${id}`), `${seed}: ${id}`);
    }
  }
});
