import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { failureKind } from '../evidence/failure.ts';

/**
 * What a sentence about an incident can blame, in the words of both languages. A sentence may speak of one of these
 * only where a line shows it. General vocabulary of operations; the names of failure kinds are those of `failure.ts`.
 */
const CONCEPTS = {
  memory: /\bmemory\b|\boom\b|\bheap\b|메모리/i,
  pool: /\bpools?\b|too many connections|free connections?|커넥션 ?풀|연결 ?풀|(?<![가-힣])풀(?=[이을의은도에 ]|$)/i,
  disk: /\bdisks?\b|no space left|\b(?:volume|storage|filesystem) (?:is |was )?full|디스크|저장 ?공간/i,
  deadlock: /dead ?lock|lock wait|교착|데드락/i,
  crash: /\bcrash\w*|\bpanic\w*|segfault|segmentation|core dump|비정상 ?종료|크래시|죽었/i,
  port: /\bport\b.{0,30}\bin use|already in use|포트.{0,12}(?:사용|충돌|점유)/i,
  config: /\b(?:mis)?config\w*|\bsettings?\b|environment variable|설정|환경 ?변수/i,
  auth: /\bpasswords?\b|\bcredentials?\b|\bauthenticat\w*|\bpermissions?\b|access denied|unauthori[sz]ed|forbidden|expired token|token expired|인증(?!서)|권한|비밀번호|자격 ?증명/i,
  tls: /\bcertificates?\b|\b(?:tls|ssl|x509)\b|인증서/i,
  dns: /\bdns\b|name resolution|no such host|\bresolve the name|이름 ?(?:해석|확인|조회)/i,
  refused: /\brefus\w+|\breject\w* connections|거부/i,
  timeout: /\btim(?:ed?|ing|es)[- ]?outs?\b|\bdeadline|시간 ?초과|타임아웃/i,
  reset: /\breset\b|broken pipe|connections? (?:was |were )?(?:lost|dropped|closed|broken|cut)|연결.{0,6}끊/i,
  limited: /rate[- ]?limit\w*|throttl\w*|\bquota\b|too many requests|요청 ?제한|호출 ?한도/i,
  collection: /garbage collect\w*|\bgc\b|가비지/i,
  processor: /\bcpus?\b|\bprocessors?\b|load average/i,
  network: /\bnetwork\b|packet loss|\bswitch(?:es)?\b|\brouters?\b|\bfirewall|네트워크|방화벽|패킷/i,
  attack:
    /\bd?dos\b|denial[- ]of[- ]service|\battack\w*|intrusion|\bhack\w*|malware|breach|공격|해킹|침입|악성/i,
  deploy: /\bdeploy\w*|\breleases?\b|\brollouts?\b|new version|\bupgrad\w*|배포|릴리스|업그레이드|새 버전/i,
  restart: /\bre-?start\w*|\breboot\w*|재시작|재기동|재부팅/i,
  power: /\bpower (?:outage|failure|loss|cut)|정전|전원/i,
  hardware: /\bhardware\b|faulty (?:disk|card|server)|하드웨어/i,
  clock: /\bclock (?:skew|drift)|\bntp\b|시계|시각 ?차/i,
  replica: /\breplica\w*|\bfail-?over|leader election|복제|페일오버|리더 ?선출/i,
  migration: /\bmigrat\w*|\bschema\b|마이그레이션|스키마/i,
  query: /slow quer\w*|missing index|table scan|느린 쿼리|인덱스/i,
  traffic:
    /traffic (?:spike|surge|burst|peak)|(?:spike|surge|burst) (?:in|of) (?:traffic|requests|load|users)|\boverload\w*|트래픽|과부하|폭주|급증/i,
  cache: /\bcach(?:e|es|ed|ing)\b|캐시/i,
  corruption: /\bcorrupt\w*|손상/i,
  leak: /\bleak\w*|누수/i,
  bug: /\bbugs?\b|null ?pointer|race condition|infinite loop|\bregression|버그|무한 ?루프|경쟁 ?상태|널 ?포인터/i,
  human:
    /human error|\bmistake|\btypos?\b|\bby hand\b|\bmanual(?:ly)?\b|\boperator (?:error|ran|deleted)|사람의 실수|실수로|수동|오타|운영자/i,
  vendor:
    /third[- ]party|\b(?:cloud )?provider\b|\bvendor|\bcloud (?:outage|region)|외부 업체|클라우드|협력사/i,
  backlog: /\bbacklog|consumer lag|\bqueue\b|\bmessage broker|적체|대기열|메시지 ?큐/i,
  deletion:
    /\b(?:dropped|deleted|lost|missing) (?:the )?(?:table|data|rows?|index|database|volume)|삭제|유실/i,
  maintenance: /\bmaintenance\b|\bscheduled job|\bbackup|점검|백업|정기 ?작업/i,
} as const;
export type Concept = keyof typeof CONCEPTS;
const NAMES = Object.keys(CONCEPTS) as Concept[];

/** Kinds of failure that prove a concept of another name. */
const ALSO: Partial<Record<FailureKind, Concept>> = { limited: 'limited' };

const conceptOfKind = (kind: FailureKind): Concept | undefined =>
  ALSO[kind] ?? (kind in CONCEPTS ? (kind as Concept) : undefined);

/** What a sentence speaks of. */
export const conceptsSaid = (text: string): Concept[] => NAMES.filter((name) => CONCEPTS[name].test(text));

/** A text without the words that name what is given. */
export const withoutConcepts = (text: string, concepts: readonly Concept[]): string =>
  concepts.reduce((rest, concept) => rest.replace(new RegExp(CONCEPTS[concept], 'gi'), ' '), text);

/** Where a text begins to speak of it. */
export const placeOf = (concept: Concept, text: string): number => text.search(CONCEPTS[concept]);

/** What a log line shows: by the same words, and by the kind of failure it tells of. */
export function conceptsShown(line: string, kind: FailureKind | undefined = failureKind(line)): Concept[] {
  const own = kind && conceptOfKind(kind);
  const said = conceptsSaid(line);
  return own && !said.includes(own) ? [...said, own] : said;
}
