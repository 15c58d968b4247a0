import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convert, readToml } from '../../../scripts/secrets/convert.ts';

const TOML = `title = "gitleaks config"

[allowlist]
description = "global"
regexes = ['''^x+$''']

[[rules]]
id = "one-key"
description = "a \\"quoted\\" text"
regex = '''(?i)[\\w.-]{0,50}?(?:acme)[ \\t]{0,3}=([a-z]+)(?:[\\x60'"\\s;]|\\\\[nr]|$)'''
entropy = 3.5
keywords = ["ACME"]
[[rules.allowlists]]
regexes = [
    '''literal''',
    '''[a-z]{3}''',
]

[[rules]]
id = "two"
regex = '''a(?i)b(?P<c>[[:alnum:]]{3,})\\z'''
keywords = ["ab"]
`;

test('rules of TOML become patterns of JavaScript with bounds, keywords and allowed forms', () => {
  const [one, two] = readToml(TOML).map(convert);
  assert.deepEqual(one, {
    id: 'one-key',
    pattern: String.raw`(?:acme)[ \t]{0,3}=([a-z]{1,500})(?![A-Za-z0-9])`,
    flags: 'gi',
    keywords: ['acme'],
    entropy: 3.5,
    allow: ['[a-z]{3}'],
  });
  assert.deepEqual(two, {
    id: 'two',
    pattern: 'a(?i:b(?:[A-Za-z0-9]{3,500})$)',
    flags: 'g',
    keywords: ['ab'],
  });
});

test('a rule that cannot be bounded is left out', () => {
  const rule = { id: 'x', keywords: ['x'] };
  for (const regex of ['x.*y', 'x(?:ab)+', 'x(?s:.){0,9}', String.raw`x[\s\S-]{64,}?y`, 'a(?i)b|c'])
    assert.equal(typeof convert({ ...rule, regex }), 'string', regex);
  assert.equal(typeof convert({ id: 'x', regex: 'x' }), 'string');
});
