import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerView } from '../../../src/bot/views/answer.ts';
import { incidentView, threadTitle } from '../../../src/bot/views/incident.ts';
import {
  auditView,
  incidentsView,
  mutesView,
  pageView,
  shadowView,
  stormView,
} from '../../../src/bot/views/lists.ts';
import { menuView } from '../../../src/bot/views/menu.ts';
import { searchView } from '../../../src/bot/views/replies.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import type { Mute } from '../../../src/domain/alert/mute.ts';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { speech } from '../../../src/i18n/format.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { anomaly, answer, NOW } from '../fixtures.ts';

const en = speech('en', 'UTC');

/** The tightest platform shows 6,000 characters of a message; what views leave to be cut stays near that. */
const LIMIT = 9_000;

const HUGE = `</script><!channel>@everyone\u0000\u001b[31m 가나다 😀 ${'x'.repeat(1_000_000)}`;

test('endless and hostile input leaves messages of bounded size', () => {
  const incident = {
    ...openIncident(
      'i1',
      anomaly('payment', {
        detected_issues: Array.from({ length: 200 }, () => HUGE.slice(0, 2_000)),
        explanation: HUGE.slice(0, 100_000),
        sample_lines: Array.from({ length: 200 }, () => HUGE),
      }),
    ),
    service: HUGE,
    correlation: {
      affected: Array.from({ length: 500 }, (_, index) => ({
        service: `${index}${HUGE}`,
        count: 1,
        firstSeen: 0,
        lastSeen: 0,
        issues: [],
      })),
    },
    lifecycle: { state: 'resolved' as const, history: [{ at: 0, who: HUGE, what: 'resolved' as const }] },
  };
  const record = { line: HUGE } as LogRecord;
  const long: Answer = {
    ...answer,
    explanation: HUGE,
    root_cause: HUGE,
    solution: HUGE,
    model: HUGE,
    causes: Array.from({ length: 50 }, () => ({ service: HUGE, cause: HUGE, confidence: 1, evidence: [] })),
    ruled_out: Array.from({ length: 50 }, () => HUGE),
    evidence: Array.from({ length: 500 }, () => ({
      id: 'x',
      timestamp: '',
      service: HUGE,
      line: HUGE,
      count: 2,
    })),
  };
  // What people write is bounded before.
  const LONG = HUGE.slice(0, 2_000);
  const hugeMute: Mute = {
    id: 'm1',
    by: 'template',
    service: LONG,
    at: 0,
    until: NOW,
    who: LONG,
    reason: LONG,
  };
  const hugeEntry: AuditEntry = {
    at: 0,
    who: { id: LONG, name: LONG },
    what: 'muted',
    from: { chat: 'slack', channel: LONG },
    about: LONG,
    note: LONG,
  };
  const messages = [
    incidentView(incident, en, NOW),
    incidentsView(
      Array.from({ length: 1_000 }, () => incident),
      en,
    ),
    stormView(
      Array.from({ length: 25 }, () => incident),
      en,
    ),
    pageView(incident, en, NOW, [{ chat: 'slack', channel: LONG }]),
    menuView(
      incident,
      Array.from({ length: 30 }, () => incident),
      en,
      { now: NOW, wide: true },
    ),
    mutesView(
      Array.from({ length: 1_000 }, () => hugeMute),
      [incident],
      en,
      NOW,
    ),
    auditView(
      Array.from({ length: 1_000 }, () => hugeEntry),
      en,
    ),
    shadowView(
      Array.from({ length: 30 }, () => ({
        incident,
        targets: Array.from({ length: 100 }, () => ({ chat: 'slack', channel: LONG, mention: [LONG] })),
      })),
      en,
    ),
    answerView(long, en, { kind: 'why' }),
    answerView(long, en, { kind: 'summarize', writing: HUGE }),
    searchView({ records: Array.from({ length: 1_000 }, () => record), total: 1_000 }, en),
  ];
  for (const message of messages) {
    assert.ok(wordsOf(message).length < LIMIT, `${message.blocks[0]?.kind}: ${wordsOf(message).length}`);
    assert.ok(message.summary.length <= 400);
    assert.ok(wordsOf(message).isWellFormed());
  }
  assert.ok(threadTitle(incident, en).length <= 90);
});

test('log lines stay verbatim', () => {
  const line = '  2026-11-21\tERROR "a"   b <!channel>';
  const page = { records: [{ line } as LogRecord], total: 1 };
  const block = searchView(page, en).blocks.find((entry) => entry.kind === 'lines');
  assert.deepEqual(block?.lines, [line]);
});
