import type { WebClient } from '@slack/web-api';
import { valueInTime } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { ChatUser } from '../chat/chat.ts';
import type { SlackApi } from './replies.ts';

/** A person's locale is nice to have: a request does not wait longer for it. */
const PROFILE_MS = 2_000;
const PROFILE_TTL_MS = 60 * MINUTE;
const UNKNOWN_TTL_MS = 5 * MINUTE;
const PROFILES = 1_000;

/** Names and languages of people, asked once an hour; a failure leaves the language unknown for five minutes. */
export function profiles(client: WebClient, call: SlackApi['call']) {
  const known = new Map<string, { user: Promise<ChatUser>; until: number }>();
  const ask = async (id: string, name: string): Promise<{ user: ChatUser; ok: boolean }> => {
    try {
      const { user } = await call('users.info', () => client.users.info({ user: id, include_locale: true }));
      const locale = user?.locale?.slice(0, 2);
      const language = locale === 'ko' ? 'ko' : locale ? 'en' : undefined;
      const shown = user?.profile?.display_name || user?.real_name || user?.name || name;
      return { user: { id, name: shown, ...(language ? { language } : {}) }, ok: true };
    } catch {
      return { user: { id, name }, ok: false };
    }
  };
  return async (id: string, name = id): Promise<ChatUser> => {
    const entry = known.get(id);
    let user = entry && entry.until > Date.now() ? entry.user : undefined;
    if (!user) {
      const asked = ask(id, name);
      user = asked.then((answer) => answer.user);
      const fresh = { user, until: Date.now() + PROFILE_TTL_MS };
      known.delete(id);
      known.set(id, fresh);
      if (known.size > PROFILES) known.delete(known.keys().next().value!);
      void asked.then(({ ok }) => {
        if (!ok) fresh.until = Date.now() + UNKNOWN_TTL_MS;
      });
    }
    return valueInTime(PROFILE_MS, user, () => ({ id, name }));
  };
}
