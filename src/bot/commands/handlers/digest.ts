import { type DigestSpan, digestId, lastPeriod } from '../../../domain/job/digest.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { digestView } from '../../views/digest.ts';
import type { CommandInvocation, Services } from '../context.ts';
import { submitJob } from './submit-job.ts';

/** `digest [yesterday|week]`: the last whole day or week; shown at once where it was made already. */
export async function digest(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { chat, request, command } = invocation;
  const { teams } = services;
  // In a team's channel it is the digest of that team.
  const team =
    teams.find((one) => one.channel === request.place.channel && (one.chat ?? chat.name) === chat.name) ??
    teams[0]!;
  const period = lastPeriod(
    command.text as DigestSpan,
    Date.now(),
    team.timeZone ?? invocation.speech.timeZone,
  );
  const made = await services.state.get('digest', digestId(team.name, period));
  if (made) return live.finish(digestView(made.value, invocation.speech));
  await submitJob(services, invocation, live, { name: 'digest', payload: { team: team.name, ...period } });
}
