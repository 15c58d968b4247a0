/** Who may be notified by the text of a message. */
export interface Allowed {
  parse: 'everyone'[];
  users?: string[];
  roles?: string[];
}

/** `here`, `user:ID` and `group:ID` (a role) as text that notifies people, and what has to be allowed for it. */
export function called(mentions: readonly string[]): { text: string; allowed: Allowed } {
  const users: string[] = [];
  const roles: string[] = [];
  let here = false;
  for (const mention of mentions) {
    const [kind, id = ''] = mention.split(':');
    if (kind === 'here') here = true;
    else if (!/^\d{1,20}$/.test(id)) continue;
    else if (kind === 'user') users.push(id);
    else if (kind === 'group') roles.push(id);
  }
  const text = [
    ...(here ? ['@here'] : []),
    ...users.map((id) => `<@${id}>`),
    ...roles.map((id) => `<@&${id}>`),
  ];
  return {
    text: text.join(' '),
    allowed: {
      parse: here ? ['everyone'] : [],
      ...(users.length > 0 ? { users } : {}),
      ...(roles.length > 0 ? { roles } : {}),
    },
  };
}
