import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';

const normalize = createNormalizer({ timeZone: 'UTC', now: () => Date.UTC(2026, 10, 21, 12) });
const read = (text: string) => normalize({ text, source: 'plant.log', position: '1' });
const TIME = '2026-11-21 15:04:05';

const LEVELS: [level: string, ...words: string[]][] = [
  [
    'error',
    'Fehler',
    'FEHLER',
    'Störung',
    'stoerung',
    'fallo',
    'avería',
    'Erreur',
    'échec',
    'ECHEC',
    'Errore',
  ],
  [
    'error',
    'Chyba',
    'Hiba',
    'Błąd',
    'Virhe',
    'Feil',
    'Fejl',
    'Fel',
    'Eroare',
    'Napaka',
    'hata',
    'HATA',
    'Galat',
  ],
  [
    'error',
    'авария',
    'АВАРИЯ',
    'Ошибка',
    'Помилка',
    'Σφάλμα',
    'ΣΦΑΛΜΑ',
    'خطأ',
    'שגיאה',
    'त्रुटि',
    'ข้อผิดพลาด',
    'Lỗi',
  ],
  ['error', '異常', '障害', '故障', '错误', '장애', '오류', 'ALM', 'ALARM', 'HALT', 'FAIL', 'ABEND', 'TRIP'],
  [
    'warn',
    'Warnung',
    'Varování',
    'Figyelmeztetés',
    'cảnh báo',
    'Uyarı',
    'UYARI',
    'Предупреждение',
    'تحذير',
    'คำเตือน',
  ],
  [
    'info',
    'Informace',
    'Információ',
    'bilgi',
    'BİLGİ',
    'Tietoja',
    'Thông tin',
    'Інформація',
    'מידע',
    '情報',
    '信息',
  ],
  ['fatal', 'kritisch', 'Crítico', 'КРИТИЧНО', 'CRIT', 'EMERG', '致命的', '긴급'],
];

test('words for levels in many languages, in any letters where a level stands apart', () => {
  for (const [level, ...words] of LEVELS)
    for (const word of words) {
      const { level: found, message } = read(`${TIME} [${word}] kazan 3`);
      assert.deepEqual([found, message], [level, 'kazan 3'], word);
      assert.equal(read(`level="${word}" msg="kazan 3" unit=7`).level, level, word);
    }
  const decomposed = 'Störung'.normalize('NFD');
  assert.equal(read(`${TIME} [${decomposed}] Kessel 3`).level, 'error');
  assert.equal(read(`${TIME} Fehler\tKessel 3`).level, 'error');
  assert.equal(read(`${TIME} Warnung  Kessel 3`).level, 'warn');
  assert.equal(read(`${TIME} fallo: caldera 3`).level, 'error');
});

test('brackets and colons of full width, behind which no space comes', () => {
  assert.equal(read(`${TIME} 【異常】ポンプ3`).message, 'ポンプ3');
  assert.equal(read(`${TIME} 【異常】ポンプ3`).level, 'error');
  assert.equal(read(`${TIME} 错误：泵3`).level, 'error');
});

test('the same words are no level as the first word of a sentence, or as a name', () => {
  for (const text of [
    'Fehler behoben',
    'aviso leído',
    '이상 없음',
    '장애 해소',
    'trip started',
    'ALARM list read',
  ])
    assert.equal(read(`${TIME} ${text}`).message, text);
  const { level, service } = read(`${TIME} [trip] INFO started`);
  assert.deepEqual([level, service], ['info', 'trip']);
});

test('without a level in its header, a line in another language that tells of a failure is a warning', () => {
  assert.equal(read(`${TIME} узел 7 не отвечает`).level, 'warn');
  assert.equal(read(`${TIME} Connexion au noeud 7 refusée`).level, 'warn');
  assert.equal(read(`${TIME} Abschluss ohne Fehler`).level, 'info');
  assert.equal(read(`${TIME} [信息] 连接超时`).level, 'info');
});

test('ordinary nouns are no level before a colon, in small letters in brackets, or where their end is told', () => {
  for (const text of [
    'critic: loss 0.31',
    '[critic] answer accepted',
    'CRITIC step 12 loss 0.2',
    '[critique] answer accepted',
    'Storing: 3 rows',
    '[Trip] booked',
    'Trip: Seoul to Busan booked',
    '[Halt] line 3',
    'Alarm: cleared on pump 3',
    '[ALARM] set for 7:00',
    'Fault: none',
    '장애：펌프 3',
    'ALARM  cleared on pump 3',
    '[異常] 解除',
    '【异常】已解除',
    '[장애] 복구 완료',
    '[異常] 復旧',
    '[attention] 12 heads built',
    'Attention: 12 heads built',
  ])
    for (const line of [text, `${TIME} ${text}`]) assert.equal(read(line).level, 'info', line);
  assert.equal(read(`${TIME} [ALARM] pump 3`).level, 'error');
  assert.equal(read(`${TIME} [장애] 펌프 3`).level, 'error');
  assert.equal(read('level=Alarm msg="pump 3" unit=7').level, 'error');
});
