import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDiscord } from '../../../../src/bot/discord/embeds.ts';
import { toBlocks } from '../../../../src/bot/slack/blocks.ts';
import { alertLinks, alertsText } from '../../../../src/bot/views/card/alerts.ts';
import { withoutCredentials } from '../../../../src/bot/views/card/without-credentials.ts';
import { incidentView } from '../../../../src/bot/views/incident.ts';
import { incidentsView } from '../../../../src/bot/views/lists.ts';
import { type Incident, openIncident } from '../../../../src/domain/alert/incident.ts';
import { incidentRow } from '../../../../src/domain/alert/incident-row.ts';
import type { OutsideAlert } from '../../../../src/domain/alert/outside-alert.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { wordsOf } from '../../../fakes/chat.ts';
import { checkDiscord } from '../../../fakes/discord-limits.ts';
import { checkSlack } from '../../../fakes/slack-limits.ts';
import { anomaly, NOW } from '../../fixtures.ts';

const en = speech('en', 'UTC');
const ko = speech('ko', 'Asia/Seoul');
const firing = (name: string, fields: Partial<OutsideAlert> = {}): OutsideAlert => ({
  id: `alertmanager/${name}`,
  source: 'Alertmanager',
  name,
  since: NOW,
  ...fields,
});
const having = (list: OutsideAlert[], fields: Partial<Incident> = {}): Incident => ({
  ...openIncident('i1', anomaly('checkout', { detected_issues: ['HighErrorRate'] })),
  alerts: { list },
  ...fields,
});

test('the card says where an alert came from and since when, in both languages', () => {
  const incident = having([firing('HighErrorRate')]);
  assert.equal(alertsText(incident, en), 'Alertmanager: HighErrorRate firing since 21 Nov 2026 09:00:00 UTC');
  assert.match(alertsText(incident, ko), /^Alertmanager: HighErrorRate 발생 중, 2026.*18:00:00.*부터$/);
  const shown = wordsOf(incidentView(incident, en, NOW));
  assert.match(shown, /Alerts[\s\S]*Alertmanager: HighErrorRate firing since/);
  // No line of a log tells of it.
  assert.doesNotMatch(shown, /Last line/);
  const beside = having([firing('HighErrorRate')], {
    alerts: { list: [firing('HighErrorRate')], logs: { first: NOW, last: NOW } },
  });
  assert.match(wordsOf(incidentView(beside, en, NOW)), /Last line/);
});

test('those that fire come first, more than three are counted, what is over says when', () => {
  const over = firing('Over', { until: NOW + 60_000, since: NOW + 1 });
  const incident = having([over, firing('A'), firing('B'), firing('C')]);
  const text = alertsText(incident, en);
  assert.deepEqual(
    text.split(' · ').map((part) => part.split(' ')[1] ?? ''),
    ['A', 'B', 'C', '1'],
  );
  assert.match(alertsText(having([over]), en), /^Alertmanager: Over resolved 21 Nov 2026 09:01:00 UTC$/);
  assert.equal(alertsText(having([], { alerts: undefined }), en), '');
});

test('the list names the systems that still alert', () => {
  const incident = having([
    firing('A'),
    firing('B', { source: 'Grafana' }),
    firing('C', { source: 'Sentry', until: NOW }),
  ]);
  const shown = wordsOf(incidentsView([incident], en));
  assert.match(shown, /#i1 · Alertmanager, Grafana$/m);
  assert.deepEqual(incidentRow(incident, NOW).alerts?.at(-1), {
    source: 'Sentry',
    name: 'C',
    since: new Date(NOW).toISOString(),
    until: new Date(NOW).toISOString(),
  });
});

test('links are text; a hostile name is no markup and no mention; credentials are not shown', () => {
  const incident = having([
    firing('<!channel> <https://evil.example|click> @everyone *b* '.repeat(40), {
      url: 'https://prometheus.example/graph?g0=up&token=opensesame1234567890',
    }),
  ]);
  assert.equal(alertLinks(incident).length, 1);
  const view = incidentView(incident, en, NOW);
  const slack = toBlocks(view);
  checkSlack(slack);
  checkDiscord(toDiscord(view));
  const said = JSON.stringify(slack);
  assert.doesNotMatch(said, /<!channel>|<https:\/\/evil/);
  assert.ok(alertsText(incident, en).length < 250);
  const listed = JSON.stringify(
    withoutCredentials(having([firing('login password=hunter2secret', { id: 'alertmanager/k' })])).alerts,
  );
  assert.doesNotMatch(listed, /hunter2secret/);
});
