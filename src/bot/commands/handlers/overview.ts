import { toAppError } from '../../../domain/errors.ts';
import type { Health, SystemHealth, SystemHistory } from '../../../domain/health.ts';
import { valueInTime } from '../../../domain/retry.ts';
import { HOUR, SECOND } from '../../../domain/time/units.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { costView } from '../../views/cost.ts';
import { healthView, helpView } from '../../views/replies.ts';
import type { CommandInvocation, Services } from '../context.ts';
import { helpLines } from '../table/texts.ts';

const TIMEOUT_MS = 8 * SECOND;
/** How far back the charts of the machines go. */
const HISTORY_MS = 6 * HOUR;

/** The value, or undefined when it fails or takes longer than `TIMEOUT_MS`. */
const inTime = <T>(value: Promise<T>): Promise<T | undefined> =>
  valueInTime(TIMEOUT_MS, value, () => undefined).catch(() => undefined);

/** `health`: every backend and the machine. A part that does not answer is named, not waited for. */
export async function health(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const [backends, system, history]: [
    Record<string, Health> | undefined,
    SystemHealth | undefined,
    SystemHistory[] | undefined,
  ] = await Promise.all([
    inTime(services.backendsHealth()),
    inTime(services.systemHealth()),
    inTime(services.systemHistory(Date.now() - HISTORY_MS)),
  ]);
  const chat = (await inTime(
    invocation.chat.health().catch((error): Health => {
      return { ok: false, kind: invocation.chat.name, detail: toAppError(error).code };
    }),
  )) ?? { ok: false, kind: invocation.chat.name, detail: 'timeout' };
  const late: Record<string, Health> = { backends: { ok: false, kind: '-', detail: 'timeout' } };
  const all = { ...(backends ?? late), [invocation.chat.name]: chat };
  await live.finish(healthView(all, system, invocation.speech, history ?? []));
}

/** `cost`: what models cost today and this week, by person and by task. */
export async function cost(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  await live.finish(costView(await services.ledger.report(), invocation.speech));
}

/** `help`. */
export async function help(
  _services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  await live.finish(helpView(helpLines(invocation.speech), invocation.speech));
}
