import type { terminal as english } from '../en/terminal.ts';

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
};
