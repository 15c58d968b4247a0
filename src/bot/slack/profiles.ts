import { valueInTime } from '../../domain/retry.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import { BoundedMap } from '../chat/bounded-map.ts';
import type { ChatUser } from '../chat/chat.ts';
import type { SlackApi } from './api.ts';

/** A person's language is good to know, but a request does not wait longer for it. */
const PROFILE_MS = 2 * SECOND;
const PROFILE_TTL_MS = 60 * MINUTE;
const UNKNOWN_TTL_MS = 5 * MINUTE;
const PROFILES = 1_000;

/** Names and languages of people, asked once an hour; after a failure the language is unknown for five minutes. */
export class Profiles {
  readonly #api: SlackApi;
  readonly #known = new BoundedMap<string, { user: Promise<ChatUser>; until: number }>(PROFILES);

  constructor(api: SlackApi) {
    this.#api = api;
  }

  /** @param name shown where Slack does not tell another one in time */
  async user(id: string, name = id): Promise<ChatUser> {
    const entry = this.#known.get(id);
    const user = entry && entry.until > Date.now() ? entry.user : this.#remember(id, name);
    return valueInTime(PROFILE_MS, user, () => ({ id, name }));
  }

  #remember(id: string, name: string): Promise<ChatUser> {
    const asked = this.#ask(id, name);
    const fresh = { user: asked.then(({ user }) => user), until: Date.now() + PROFILE_TTL_MS };
    this.#known.set(id, fresh);
    void asked.then(({ ok }) => {
      if (!ok) fresh.until = Date.now() + UNKNOWN_TTL_MS;
    });
    return fresh.user;
  }

  async #ask(id: string, name: string): Promise<{ user: ChatUser; ok: boolean }> {
    try {
      const { user } = await this.#api.call('users.info', () =>
        this.#api.client.users.info({ user: id, include_locale: true }),
      );
      const locale = user?.locale?.slice(0, 2);
      const language = locale === 'ko' ? 'ko' : locale ? 'en' : undefined;
      const shown = user?.profile?.display_name || user?.real_name || user?.name || name;
      return { user: { id, name: shown, ...(language ? { language } : {}) }, ok: true };
    } catch {
      return { user: { id, name }, ok: false };
    }
  }
}
