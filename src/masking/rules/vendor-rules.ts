import { readFileSync } from 'node:fs';
import { entropyOf } from '../randomness.ts';
import type { Span } from '../span.ts';

/** A rule of `gitleaks.json`; `scripts/secrets/convert.ts` writes them. */
interface StoredRule {
  id: string;
  pattern: string;
  flags: string;
  keywords: string[];
  entropy?: number;
  allow?: string[];
}

interface Rule {
  pattern: RegExp;
  entropy: number;
  allow: RegExp[];
}

const STORED = JSON.parse(readFileSync(new URL('gitleaks.json', import.meta.url), 'utf8')) as {
  rules: StoredRule[];
};
const RULES: Rule[] = STORED.rules.map(({ pattern, flags, entropy = 0, allow = [] }) => ({
  pattern: new RegExp(pattern, flags),
  entropy,
  allow: allow.map((one) => new RegExp(one)),
}));

/** The words of which a text must have one, with the place of their rule. */
export const VENDOR_KEYWORDS: [word: string, rule: number][] = STORED.rules.flatMap(({ keywords }, rule) =>
  keywords.map((word): [string, number] => [word, rule]),
);

/**
 * Keys whose form tells who gave them out, by the rules of gitleaks.
 * @param keywords what stands in the text, among it the places of rules
 */
export function findVendorKeys(text: string, spans: Span[], keywords: ReadonlySet<number>): void {
  for (const index of keywords) {
    if (index >= RULES.length) continue;
    const { pattern, entropy, allow } = RULES[index]!;
    for (const match of text.matchAll(pattern)) {
      let secret = '';
      for (let i = 1; i < match.length; i += 1)
        if ((match[i]?.length ?? 0) > secret.length) secret = match[i]!;
      secret ||= match[0];
      if (entropyOf(secret) < entropy || allow.some((one) => one.test(secret))) continue;
      const start = match.index + match[0].lastIndexOf(secret);
      spans.push({ start, end: start + secret.length, kind: 'TOKEN' });
    }
  }
}
