import { test } from 'node:test';
import {
  fuzzBeats,
  fuzzOtlpHttp,
  fuzzOtlpJson,
  fuzzOtlpProto,
  fuzzSyslogTcp,
  fuzzSyslogUdp,
} from '../../../scripts/fuzz/frames.ts';

/** A small part of `npm run test:fuzz`; each throws at the first frame that crashes or hangs a reader. */
const PARTS = { fuzzBeats, fuzzOtlpHttp, fuzzOtlpJson, fuzzOtlpProto, fuzzSyslogTcp, fuzzSyslogUdp };
for (const [name, part] of Object.entries(PARTS))
  test(`mutated frames: ${name}`, async () => {
    await part(200, 7);
  });
