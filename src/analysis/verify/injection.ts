/** Words addressed to a model or meant to move one; a finding about logs needs none of them. */
const TO_A_MODEL = [
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?|rules?|above|previous|guidelines?)\b/i,
  /\bsystem (?:prompt|message|override|instruction)|\bas an ai\b|\b(?:you are|act as|pretend to be) (?:now |a |an |the )?(?:free|dan|ai|assistant|model|admin|developer|unrestricted)|\bjailbreak|\bdeveloper mode/i,
  /<\|[a-z_]+\|>|\[\/?inst\]|<\/?(?:system|assistant|instructions?)>|^[^\S\r\n\u2028\u2029]*(?:system|assistant|user)\s*:\s/im,
  /\b(?:reveal|print|repeat|output|leak|disclose|show|send|tell)\b.{0,30}\b(?:your|the|all) (?:system prompt|instructions?|prompt|secrets?|passwords?|credentials?|api[ _-]?keys?|tokens?)\b/i,
  /\b(?:assistant|model|chatbot|llm|ai|bot|analy[sz]er)\b[ ,:]{1,3}(?:please |must |should |you )*(?:say|write|answer|reply|report|respond|tell|mention|output|state|conclude)\b/i,
  /\b(?:in your (?:answer|reply|response|summary|explanation)|when (?:summari[sz]ing|answering|analy[sz]ing)|your (?:answer|reply|verdict) (?:must|should|is))\b/i,
  /\b(?:set|change|make)\b.{0,20}\b(?:verdict|severity|root_cause|anomaly_status|confidence)\b/i,
  /(?:이전|위의?|앞의?|기존|모든).{0,12}(?:지시|명령|프롬프트|규칙|지침).{0,12}(?:무시|잊|따르지)/,
  /시스템 ?프롬프트|너는 이제|당신은 이제|(?:답변|응답|요약|설명)(?:에|에서|에는)?.{0,20}(?:적어|써|쓰세요|포함하|말하|출력하|답하|넣)/,
  /(?:비밀번호|암호|키|토큰|지시).{0,12}(?:출력|공개|알려|보여|말해|유출)|(?:모델|인공지능|봇|어시스턴트)(?:은|는|아|야|,|에게)?.{0,16}(?:말해|답해|써|출력|보고해|하라|하세요)/,
];

/** Whether text tries to tell its reader what to do or to say. */
export const isInstruction = (text: string): boolean => TO_A_MODEL.some((pattern) => pattern.test(text));

/** Commands nobody should copy from an answer about logs. */
const DESTRUCTIVE =
  /\brm\s+-\w*[rf]|\|\s*(?:sudo\s+)?(?:ba|z|)sh\b|\b(?:drop|truncate)\s+(?:table|database|schema)\b|\bmkfs|\bdd\s+if=|:\(\)\s*\{|\bchmod\s+(?:-\w+\s+)?0?777|\bkubectl\s+delete\b|\bdelete\s+from\b|\b(?:curl|wget)\s+\S|\bsystemctl\s+(?:stop|disable|mask)\b|\biptables\s+-F|\bgit\s+push\s+(?:-f|--force)|\bterraform\s+destroy\b|\bflushall\b|\bbase64\s+-d|\beval\s*\(/i;
export const isDestructive = (text: string): boolean => DESTRUCTIVE.test(text);

/** A mention, a link, or one in disguise. */
const REACHING_OUT =
  /\b[a-z][a-z0-9+.-]{1,12}:\/\/\S+|\bwww\.\S+|<[!@#][^>]{0,200}>|&lt;[!@#]|(?<![\w.])@(?:everyone|here|channel|all|[a-z]\w+)|\]\([^)]|\bhxxps?\b|\[\.\]|\(dot\)|\b(?:javascript|data|mailto):\S/gi;
/** Public top-level domains in use for pages; a name that ends so is an address people follow. */
const DOMAIN =
  /(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|co|ai|me|info|biz|xyz|site|online|top|link|click|ly|gg|kr|jp|cn|ru|de|uk|example|test)(?![\w-])(?:\/\S*)?/gi;
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/;

/** What in a text would make a reader go somewhere or call somebody. */
export function reachingOut(text: string): string[] {
  const plain = text.normalize('NFKC');
  return [
    ...(INVISIBLE.test(plain) ? ['invisible'] : []),
    ...[...plain.matchAll(REACHING_OUT), ...plain.matchAll(DOMAIN)].map(([found]) => found),
  ];
}
