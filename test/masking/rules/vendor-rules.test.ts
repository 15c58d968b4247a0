import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KeywordFilter } from '../../../src/masking/keyword-filter.ts';
import { findVendorKeys, VENDOR_KEYWORDS } from '../../../src/masking/rules/vendor-rules.ts';
import type { Span } from '../../../src/masking/span.ts';

interface Stored {
  id: string;
  pattern: string;
  keywords: string[];
}
const { rules, source } = JSON.parse(
  readFileSync(new URL('../../../src/masking/rules/gitleaks.json', import.meta.url), 'utf8'),
) as { rules: Stored[]; source: { version: string; licence: string } };

const filter = new KeywordFilter(VENDOR_KEYWORDS);
const found = (text: string): string[] => {
  const spans: Span[] = [];
  findVendorKeys(text, spans, filter.find(text));
  return spans.map(({ start, end }) => text.slice(start, end));
};

test('the rules name their source, have keywords, and repeat nothing without a bound', () => {
  assert.match(source.licence, /MIT/);
  assert.match(source.version, /^\d+\.\d+/);
  assert.ok(rules.length > 150, String(rules.length));
  for (const { id, pattern, keywords } of rules) {
    assert.ok(
      keywords.length > 0 && keywords.every((word) => word.length > 1 && word === word.toLowerCase()),
      id,
    );
    const bare = pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_');
    assert.doesNotMatch(bare, /[*+]|\{\d+,\}/, id);
  }
});

test('a key is found by its form, and a keyword without one is not', () => {
  const key = `${['glp', 'at'].join('')}-${'x7Kq2mP9vT4wZ1nBc3Rd'}`;
  assert.deepEqual(found(`pushed with ${key}, refused`), [key]);
  assert.deepEqual(found('the glpat- prefix is gone, sk_live is a word'), []);
  assert.deepEqual(found(''), []);
});
