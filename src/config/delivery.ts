import { z } from 'zod';

/** What becomes of alerts whose channel is closed to the bot, or whose message is gone. */
export const deliverySchema = z
  .strictObject({
    /** A chat that is configured (or the console) and a channel of it. */
    fallback: z
      .strictObject({ chat: z.enum(['slack', 'discord', 'console']), channel: z.string().min(1).max(200) })
      .optional(),
    /**
     * What it means that somebody removed the message of an incident (the platforms do not say who, or whether a rule did):
     * `post` tells it anew when it goes on or gets worse, `mute` mutes the incident for a day.
     */
    removed: z.enum(['post', 'mute']).default('post'),
  })
  .prefault({});

/** A fallback that is not there would be noticed only when it is needed. */
export function checkFallback(
  config: {
    delivery: z.infer<typeof deliverySchema>;
    chats: readonly { kind: string }[];
  },
  context: z.RefinementCtx,
): void {
  const { fallback } = config.delivery;
  if (!fallback || fallback.chat === 'console') return;
  if (config.chats.some(({ kind }) => kind === fallback.chat)) return;
  context.addIssue({
    code: 'custom',
    path: ['delivery', 'fallback', 'chat'],
    message: `"${fallback.chat}" is not among chats`,
  });
}
