import type { terminal as english } from '../en/terminal.ts';

export const terminal: typeof english = {
  verdict: '판정',
  causes: '원인',
  evidence: '근거',
  ruledOut: '제외한 원인',
  solution: '조치',
  noModel: '모델 없음',
  cached: '캐시된 답변',
  'verdict.confirmed': '확인됨',
  'verdict.likely': '유력함',
  'verdict.inconclusive': '판단 보류',
};
