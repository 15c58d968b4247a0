import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { convert, readToml, type SecretRule } from './convert.ts';

// node scripts/secrets/run.ts FILE VERSION
//
// Brings the rules of gitleaks (https://github.com/gitleaks/gitleaks, MIT) into `src/masking/rules/gitleaks.json`. FILE is its
// `config/gitleaks.toml`, or its program, which carries that file inside. VERSION is written beside the rules.

const RULES = resolve(import.meta.dirname, '../../src/masking/rules/gitleaks.json');
const BEGIN = Buffer.from('title = "gitleaks config"');
/** Rules whose work is done by the product's own for names and places, and names that are no secrets. */
const LEFT_OUT =
  /^(?:generic-api-key|kubernetes-secret-yaml|curl-auth-(?:header|user)|private-key|jwt|hashicorp-tf-password|nuget-config-password|pkcs12-file|.*-(?:client|access|application)-id|.*-pub(?:lic)?-key)$/;

function configIn(file: string): string {
  const bytes = readFileSync(file);
  const begin = bytes.indexOf(BEGIN);
  if (begin < 0) throw new Error(`${file} has no rules of gitleaks`);
  const end = bytes
    .subarray(begin)
    .findIndex((byte) => byte < 32 && byte !== 10 && byte !== 13 && byte !== 9);
  return bytes.subarray(begin, end < 0 ? undefined : begin + end).toString('utf8');
}

const [file, version] = process.argv.slice(2);
if (!file || !version) throw new Error('node scripts/secrets/run.ts FILE VERSION');
const rules: SecretRule[] = [];
for (const table of readToml(configIn(file))) {
  const id = String(table.id);
  const made = LEFT_OUT.test(id) ? 'is covered otherwise' : convert(table);
  if (typeof made === 'string') console.log(`${id}: ${made}`);
  else rules.push(made);
}
const source = { name: 'gitleaks', version, licence: 'MIT, see gitleaks-licence.txt' };
const lines = rules.map((rule) => `    ${JSON.stringify(rule)}`).join(',\n');
writeFileSync(RULES, `{\n  "source": ${JSON.stringify(source)},\n  "rules": [\n${lines}\n  ]\n}\n`);
console.log(`${rules.length} rules`);
