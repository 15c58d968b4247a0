import type { terminal as english } from '../en/terminal.ts';
import { number } from '../numbers.ts';

export const terminal: typeof english = {
  verdict: '판정',
  causes: '원인',
  evidence: '근거',
  ruledOut: '제외한 원인',
  solution: '조치',
  noModel: '모델 없음',
  cached: '캐시된 답변',
  'verdict.confirmed': '원인 확정',
  'verdict.likely': '원인 유력',
  'verdict.inconclusive': '원인 불명',
  incidents: (count, all, hidden) =>
    count > 0
      ? `${all ? '' : '열린 '}장애 ${count}건, 심각한 순서예요${hidden > 0 ? ` (--all을 붙이면 ${hidden}건 더)` : ''}`
      : all
        ? '알려진 장애가 없어요. 아직 읽은 로그가 없거나 문제가 없었어요.'
        : hidden > 0
          ? `열린 장애가 없어요. --all을 붙이면 해결됐거나 음소거했거나 조용히 둔 장애 ${hidden}건도 보여요.`
          : '열린 장애가 없어요. 해결됐거나 음소거했거나 조용히 둔 장애도 없어요.',
  severity: (severity) => `[심각도 ${severity}/5]`,
  'standing.open': '열림',
  'standing.acknowledged': '확인 중',
  'standing.resolved': '해결됨',
  'standing.muted': '음소거',
  'standing.suppressed': '조용히 둠',
  since: (first, last) => `${first}부터, 마지막 ${last}`,
  lines: (count) => `${number(count)}줄`,
  cause: (cause) => `원인: ${cause}`,
};
