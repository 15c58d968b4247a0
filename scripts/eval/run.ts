// Quality, measured with the shipped defaults: `npm run eval [part …] [--seed N] [--small]`. All parts write docs/scores.md.
// `models` asks the models of OPENAI_… and OLLAMA_…, with --small also the small weights of test/engines.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evalAnomaly } from './anomaly.ts';
import { evalAttacks } from './attacks.ts';
import { evalCalibration } from './calibration.ts';
import { evalClaims } from './claims.ts';
import { evalEvidence } from './evidence.ts';
import { evalFirstContact } from './first-contact.ts';
import { evalGenerated } from './generated.ts';
import { evalLies } from './lies.ts';
import { evalMasking } from './masking.ts';
import { evalModels } from './models.ts';
import { evalOutside } from './outside.ts';
import { evalParsing } from './parsing.ts';
import { evalQuestions } from './questions.ts';
import { evalRca } from './rca.ts';
import { markdown, type Table } from './table.ts';
import { evalTuning } from './tuning.ts';

/**
 * @param data the folder of the evaluation data; parts that make their own corpus do not look at it
 * @param seed of what a part makes anew each time; only for those that do
 * @param small whether the small weights for tests are asked as well; only where models are
 */
type Part = { data: boolean; run: (data: string, seed?: number, small?: boolean) => Promise<Table[]> };

const parts: Record<string, Part> = {
  tuning: { data: false, run: () => evalTuning() },
  attacks: { data: false, run: evalAttacks },
  masking: { data: false, run: evalMasking },
  claims: { data: false, run: evalClaims },
  lies: { data: false, run: evalLies },
  anomaly: { data: false, run: evalAnomaly },
  parsing: { data: true, run: evalParsing },
  rca: { data: true, run: evalRca },
  evidence: { data: true, run: evalEvidence },
  incidents: { data: false, run: evalGenerated },
  outside: { data: true, run: evalOutside },
  calibration: { data: false, run: evalCalibration },
  questions: { data: false, run: evalQuestions },
  models: { data: false, run: evalModels },
  'first-contact': { data: false, run: evalFirstContact },
};

const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, small: { type: 'boolean', default: false } },
});
const seed = values.seed === undefined ? undefined : Number(values.seed);
if (seed !== undefined && !Number.isInteger(seed)) {
  console.error(`--seed ${values.seed}: must be a whole number`);
  process.exit(2);
}
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

const data = process.env.BONGSU_EVAL_DATA ?? '';
const present = data !== '' && existsSync(data);
if (!present)
  console.error(
    data === ''
      ? 'BONGSU_EVAL_DATA is not set: parts that need the evaluation data are left out'
      : `BONGSU_EVAL_DATA names ${data}, which does not exist: parts that need it are left out`,
  );

const written: string[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (part.data && !present) {
    console.error(`${name}: left out, no evaluation data`);
    continue;
  }
  console.error(`${name} …`);
  for (const table of await part.run(data, seed, values.small)) {
    const text = markdown(table);
    console.log(text);
    written.push(text);
  }
}

if (wanted.length === 0 && present) {
  writeFileSync(
    join(import.meta.dirname, '../../docs/scores.md'),
    `# Scores\n\nWritten by \`npm run eval\` on ${new Date().toISOString().slice(0, 10)}, one default configuration for everything. Each part says what it was measured on.\n\n${written.join('\n')}`,
  );
  console.error('written to docs/scores.md');
}
process.exit(0);
