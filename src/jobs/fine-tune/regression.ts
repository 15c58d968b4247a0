import type { AlertSignal } from '../../domain/alert/alert-model.ts';
import { wordingId } from '../../domain/alert/wording.ts';
import type { Example, FineTuneTask } from '../../domain/job/job.ts';
import { HOUR } from '../../domain/time/units.ts';
import type { JudgedAlert } from './alerts.ts';

/**
 * What must never get worse, whatever people taught: plain cases that everybody agrees on, in both languages. Written
 * for this purpose; part of every gate.
 */
const CASES: [FineTuneTask, string, string][] = [
  ['anomaly', 'FATAL out of memory: cannot allocate 512 MB\nprocess exited with code 137', 'critical'],
  ['anomaly', '치명적: 디스크에 남은 공간이 없습니다. 쓰기를 중단합니다', 'critical'],
  ['anomaly', 'ERROR every connection to the database is refused since 02:10', 'critical'],
  ['anomaly', 'WARN response took 1900 ms, limit 1500 ms', 'warning'],
  ['anomaly', '경고: 재시도 2회째, 응답이 늦습니다', 'warning'],
  ['anomaly', 'INFO nightly backup finished in 312 s', 'normal'],
  ['anomaly', 'INFO 설정을 다시 읽었습니다', 'normal'],
  ['anomaly', 'INFO user signed in', 'normal'],
  ['sentiment', 'ERROR payment failed for every customer', 'negative'],
  ['sentiment', '오류: 연결이 끊어졌고 복구하지 못했습니다', 'negative'],
  ['sentiment', 'FATAL worker crashed again', 'negative'],
  ['sentiment', 'INFO listening on port 8080', 'neutral'],
  ['sentiment', '정보: 주기 작업을 시작합니다', 'neutral'],
  ['sentiment', 'DEBUG cache holds 120 entries', 'neutral'],
  ['sentiment', 'INFO recovered: all checks pass again', 'positive'],
  ['sentiment', '정보: 복구가 완료되어 모든 요청이 정상 처리됩니다', 'positive'],
  [
    'summary',
    'ERROR disk /var is full\nERROR cannot write journal',
    'The disk /var is full, so the journal cannot be written.',
  ],
  [
    'summary',
    '오류: 인증서가 만료되었습니다\n오류: TLS 연결 실패',
    '인증서가 만료되어 TLS 연결이 실패했습니다.',
  ],
  [
    'summary',
    'WARN pool exhausted (20/20)\nERROR timed out waiting for a connection',
    'The connection pool is exhausted, so requests time out waiting for a connection.',
  ],
  [
    'summary',
    '경고: 메모리 사용량 95%\n오류: 프로세스가 종료되었습니다',
    '메모리가 부족해 프로세스가 종료되었습니다.',
  ],
];

export const TEXT_REGRESSION: readonly Example[] = CASES.map(([task, input, output], index) => ({
  id: `fixed-${index}`,
  task,
  input,
  output,
  at: 0,
}));

/** Outages of services that nobody ever judged: a model that suppresses one of them is worse than none. */
export const ALERT_REGRESSION: readonly JudgedAlert[] = TEXT_REGRESSION.filter(
  ({ task }) => task === 'anomaly',
).flatMap(({ id, input, output }) =>
  ['error-burst', 'new-template', ''].map((detector, index) => {
    const status = output as AlertSignal['status'];
    return {
      incident: `${id}-${index}`,
      signal: {
        service: `unjudged-${id}`,
        template: `${id}-${index}`,
        wording: '',
        issues: wordingId([input]) === '' ? [] : [wordingId([input])],
        pattern: input,
        detector,
        status,
        severity: status === 'critical' ? 5 : status === 'warning' ? 3 : 1,
        confidence: 0.9,
        at: index * 8 * HOUR,
      },
      real: true,
    };
  }),
);
