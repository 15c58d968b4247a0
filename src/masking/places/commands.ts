import { SECRET_WORDS } from '../names.ts';
import type { Finder } from '../span.ts';
import { isStandIn, looksSecret } from '../values.ts';

const TOOL = `(?:${SECRET_WORDS.source('login-tool')})`;
const FRESH = String.raw`(?!\[[A-Z]+_\d+\]|\[redacted|\$|<)`;
const WORD = String.raw`(?:"(${FRESH}[^"\n]{2,100})"|'(${FRESH}[^'\n]{2,100})'|(${FRESH}[^\s"'-]\S{1,100}))`;

/** A sign that must be in the text, and the pattern, whose group is the secret. */
const COMMANDS: [sign: RegExp, pattern: RegExp][] = [
  [
    /mysql|mariadb/,
    new RegExp(String.raw`\b(?:mysql|mariadb)\w*\b(?:(?!\bmysql|\bmariadb)[^\n]){0,200}?\s-p${WORD}`, 'g'),
  ],
  [/\s-[paPw]/, new RegExp(String.raw`\b${TOOL}\b(?:(?!\b${TOOL})[^\n]){0,200}?\s-[paPwW]\s?${WORD}`, 'g')],
  [
    /curl|wget|http/,
    new RegExp(
      String.raw`\b(?:curl|wget|https?|xh)\b(?:(?!\b(?:curl|wget|https?|xh)\b)[^\n]){0,200}?\s(?:-[a-zA-Z]{0,5}u|-a|--user|--auth|--proxy-user|-U)[ =]?["']?[^\s:"']{1,64}:${WORD}`,
      'g',
    ),
  ],
  // `-u user:password` of any tool.
  [
    /\s(?:-u|-U|--user|--creds?)/,
    /\s(?:-u|-U|--user|--creds?)[ =]?["']?[\w.@\\-]{1,64}[:%](?!\d{1,5}\b|\[|\/\/)([^\s"':]{3,100})/g,
  ],
  [
    /sqlplus|exp|imp|rman|sqlldr|thin|connect|CONNECT|-u/,
    /\b(?:sqlplus|exp(?:dp)?|imp(?:dp)?|rman|sqlldr|thin:|connect|CONNECT|target|userid=|-[uU])[\s:]{0,3}(?:-\w{1,3}\s)?["']?[A-Za-z][\w$#]{0,30}\/(?!\/|\[|tcp|udp|[\w.-]{1,60}:\d{2,5}\b)([^\s@/"']{3,60})(?=@|["'\s]|$)/g,
  ],
  [/pass:/, /-pass(?:in|out)?\s{1,3}pass:([^\s"']{2,100})/g],
  [
    /openssl|gpg|7z/,
    /\b(?:openssl|gpg|7za?)\b[^\n]{0,120}?\s(?:-k|-K|--passphrase|-p)\s?["']?([^\s"'-][^\s"']{2,100})/g,
  ],
  [
    /chpasswd|sudo/,
    /\becho\s{1,3}(?:-n\s)?["']?(?:[\w.-]{1,32}:)?([^\s"'|:]{3,100})["']?\s{0,3}\|\s{0,3}(?:sudo\s[^|\n]{0,40})?(?:chpasswd|sudo -S|passwd|docker login|sudo\b)/g,
  ],
  [
    /net use|\/user:/i,
    /\bnet use\b[^\n]{0,80}?(?:\/user:\S{1,60}\s{1,3}(\S{3,100})|\\\\\S{1,80}\s{1,3}(?!\/)(\S{3,100})\s{1,3}\/user)/gi,
  ],
  [
    /add_user|change_password|adduser|useradd|set_password|setpasswd/i,
    /\b(?:add_user|change_password|set_password|setpasswd)\s{1,3}\S{1,60}\s{1,3}["']?([^\s"']{3,100})/gi,
  ],
  [/snmp/, /\bsnmp\w{2,12}\b[^\n]{0,120}?\s-[cAX]\s?["']?([^\s"'-][^\s"']{2,60})/g],
  [
    /configure set/,
    /\bconfigure set \S{0,60}(?:secret|token|password|key)\S{0,40}\s{1,3}["']?([^\s"']{4,200})/gi,
  ],
  [
    /requirepass|masterauth|\bAUTH\b/,
    /\b(?:requirepass|masterauth|AUTH)["']?[ ,]{1,3}["']?(?:default["']?[ ,]{1,3}["']?)?(?!LOGIN|PLAIN|CRAM|XOAUTH|command|failed|required|error|with|is\b|not\b|no\b)([^\s"',]{4,200})/g,
  ],
  [/machine|netrc/, /\bmachine\s\S{1,100}\s{1,3}login\s\S{1,100}\s{1,3}password\s(\S{2,100})/g],
];

/** The command of FTP and POP3; tests say `PASS` of themselves. */
const PASS = /(?:^|["'\s>:])PASS ([^\s"'[\]]{4,100})(?=\s*(?:$|["'\\]|\s))/g;

/** Passwords on command lines and in the commands of protocols. */
export const findInCommands: Finder = (text, spans) => {
  if (text.includes('PASS '))
    for (const match of text.matchAll(PASS)) {
      const end = match.index + match[0].length;
      if (looksSecret(match[1]!, true)) spans.push({ start: end - match[1]!.length, end, kind: 'PASSWORD' });
    }
  for (const [sign, pattern] of COMMANDS) {
    if (!sign.test(text)) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match.slice(1).find((group) => group !== undefined);
      if (value === undefined || isStandIn(value)) continue;
      if (/^(?:passed|failed|ok|OK|FAIL)$/.test(value)) continue;
      const start = match.index + match[0].lastIndexOf(value);
      spans.push({ start, end: start + value.length, kind: 'PASSWORD' });
    }
  }
};
