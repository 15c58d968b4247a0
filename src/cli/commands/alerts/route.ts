import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Config } from '../../../config/config.ts';
import type { Anomaly } from '../../../domain/alert/anomaly.ts';
import { type AnomalyRead, readAnomalies } from '../../../domain/alert/anomaly-reading.ts';
import { judge, PLATFORMS, type RouteVerdict, type Target, targetsFor } from '../../../domain/alert/route.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Context } from '../../context.ts';
import { field, printError, printJson, printLine } from '../../output.ts';

/** What the rules did with one anomaly, as `--json` prints it. */
interface Explained {
  line: number;
  service: string;
  status: string;
  severity: number;
  at: string;
  rules: { rule: string; matched: boolean; reasons: RouteVerdict['reasons'] }[];
  targets: Target[];
}

/** The configured chats, and those that only rules name: so rules can be tried before a chat is connected. */
function chatsOf(config: Config): { name: string; alertChannel: string }[] {
  const chats = config.chats.map(({ kind, channel }) => ({ name: kind as string, alertChannel: channel }));
  const named = PLATFORMS.filter((platform) => config.routes.some((route) => route.platform === platform));
  const missing = named.filter((platform) => !chats.some(({ name }) => name === platform));
  return [...chats, ...missing.map((name) => ({ name, alertChannel: '(alert channel)' }))];
}

function explain(anomaly: Anomaly, line: number, config: Config): Explained {
  const { service, severity, anomaly_status: status, detected_at: at } = anomaly;
  const texts = [
    ...anomaly.detected_issues,
    anomaly.explanation,
    anomaly.template?.pattern ?? '',
    ...(anomaly.sample_lines ?? []),
  ];
  const verdicts = judge(config.routes, { service, severity, status, texts }, Date.parse(at));
  const targets = targetsFor(verdicts, chatsOf(config), config.bot.shadow);
  const rules = verdicts.map(({ rule, matched, reasons }) => ({ rule, matched, reasons }));
  return { line, service, status, severity, at, rules, targets };
}

/** The anomalies of one line of the file, or the reason why it holds none. */
const read = (text: string, line: number, zone: string): AnomalyRead[] =>
  readAnomalies(Buffer.from(text), { position: `line ${line}`, receivedAt: Date.now(), zone });

/**
 * `route --explain FILE`: prints for each anomaly of a file (JSON lines, `-` for standard input) which rule matched, why,
 * and where it would go. The hours of a rule are compared with the time of the anomaly. Resolves with the exit code: 1 when
 * a line is no anomaly.
 */
export async function route(context: Context, { explain: file }: { explain: string }): Promise<number> {
  const { config, json, signal } = context;
  const input = file === '-' ? process.stdin : createReadStream(file);
  let code = 0;
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      signal.throwIfAborted();
      line += 1;
      if (!text.trim()) continue;
      for (const one of read(text, line, config.timeZone)) {
        if ('wrong' in one) {
          code = 1;
          printError(`line ${line}: ${one.wrong.message}`);
          continue;
        }
        const explained = explain(one.anomaly, line, config);
        if (json) await printJson(explained);
        else for (const row of rowsOf(explained)) await printLine(field(row));
      }
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new AppError('usage', `${file}: no such file`, { cause });
  }
  return code;
}

function* rowsOf({ line, service, status, severity, at, rules, targets }: Explained): Generator<string> {
  yield `line ${line}: ${service}, ${status}, severity ${severity}, ${at}`;
  for (const { rule, matched, reasons } of rules) {
    const why = reasons.map(
      ({ field, wanted, found, holds }) =>
        `${field} ${holds ? 'is' : 'is not'} ${wanted}${field === 'service' || !holds ? ` (${found})` : ''}`,
    );
    yield `  ${matched ? '✓' : '✗'} ${rule}: ${why.join('; ') || 'matches everything'}`;
  }
  if (!rules.some(({ matched }) => matched)) yield '  no rule matches: the alert channel of every chat';
  for (const { chat, channel, mention, shadow } of targets)
    yield `  → ${chat} ${channel}${mention ? `, calling ${mention.join(', ')}` : ''}${shadow ? ' (shadow: nothing is posted)' : ''}`;
  if (targets.length === 0) yield '  → the console page only';
}
