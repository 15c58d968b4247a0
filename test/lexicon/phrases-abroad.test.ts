import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureAbroad, isOverAbroad } from '../../src/lexicon/phrases-abroad.ts';

const FAILURES: [kind: string, ...lines: string[]][] = [
  [
    'refused',
    'Connexion au serveur 10.0.0.4 refusée',
    'Bağlantı reddedildi (10.0.0.4)',
    'Połączenie z bazą zostało odrzucone',
    'Connessione al nodo 7 rifiutata',
    'Conexión rechazada por 10.0.0.4',
    'Conexao recusada',
    'Verbindung zu Knoten 7 abgelehnt',
    'Verbinding met knoop 7 geweigerd',
    'Förbindelsen förvägrad',
    'Yhteys torjuttu',
    'Spojení odmítnuto',
    'Kapcsolat elutasítva',
    'В соединении отказано',
    'У з’єднанні відмовлено',
    'Απόρριψη σύνδεσης',
    'Kết nối bị từ chối',
    'Koneksi ditolak',
    'データベースに接続できません',
    '服务器拒绝连接',
    '連線被拒絕',
    'تم رفض الاتصال',
    'החיבור נדחה',
    'ไม่สามารถเชื่อมต่อกับเซิร์ฟเวอร์',
  ],
  [
    'timeout',
    'узел 7 не отвечает',
    'o nó 7 não responde',
    'Knoten 7 antwortet nicht',
    'le noeud 7 ne répond pas',
    'düğüm 7 yanıt vermiyor',
    'a 7. csomópont nem válaszol',
    'Přenos: vypršel časový limit',
    '请求超时',
    'ノード7から応答がありません',
    'İstek 7: zaman aşımı',
  ],
  [
    'disk',
    'No hay espacio en el disco',
    'Auf dem Gerät ist kein Speicherplatz mehr verfügbar',
    'Brak miejsca na urządzeniu',
    'На устройстве не осталось свободного места',
    '磁盘空间不足',
  ],
  ['memory', 'Impossibile allocare memoria', 'メモリ不足です', '内存不足', 'Bellek ayrılamadı'],
  ['pool', '连接池已耗尽', 'Zu viele offene Dateien', 'Слишком много открытых файлов'],
  ['deadlock', 'Datenbank ist gesperrt', 'base de datos bloqueada', '数据库被锁'],
  ['unavailable', 'měnič 3: omezený výkon', 'Dienst nicht erreichbar', 'сервис недоступен'],
  ['error', 'Přehřátí měniče 3', 'Перегрев узла 3', 'Ghi tệp thất bại', '書き込みに失敗しました'],
];

const CALM = [
  'ohne Fehler beendet',
  '0 Fehler, 12 Dateien',
  'Fehler: 0',
  'keine Verbindung abgelehnt',
  'Verbindung zu Knoten 7 wiederhergestellt',
  'Zeitüberschreitung: 30 s',
  'sans erreur',
  'erreur corrigée',
  'sin errores',
  'fallo resuelto',
  'sem erros',
  'nessun errore',
  'geen fouten',
  'ingen feil',
  'utan fel',
  'ei virheitä',
  'bez chyb',
  'žádné chyby',
  'brak błędów podczas startu',
  'hata yok',
  'hatasız tamamlandı',
  'без ошибок',
  'ошибки устранены',
  'без помилок',
  'χωρίς σφάλματα',
  'nincs hiba',
  'fără erori',
  'tanpa kesalahan',
  'không gặp lỗi',
  'エラーなし',
  'エラー 0件',
  'エラーはありません',
  '没有错误',
  '错误：0',
  '故障已恢复',
  'بدون خطأ',
  'ללא שגיאה',
  'ไม่มีข้อผิดพลาด',
  // Words of English and of names that other languages have for something else
  'storing 3 blobs, none lost',

  'ett blad per sida',
];

test('failures in many languages, in the middle of a sentence, with and without accents, by their kind', () => {
  for (const [kind, ...lines] of FAILURES)
    for (const line of lines) {
      assert.equal(failureAbroad(line), kind, line);
      assert.equal(failureAbroad(`17: ${line.toUpperCase()}`), kind, line);
      assert.equal(failureAbroad(line.normalize('NFD')), kind, line);
    }
});

test('what is denied, counted as zero, set or over is no failure, and what only sounds alike', () => {
  for (const line of CALM) assert.equal(failureAbroad(line), undefined, line);
});

test('a good end that is denied is none', () => {
  assert.ok(isOverAbroad('соединение восстановлено'));
  assert.ok(!isOverAbroad('не удалось открыть'));
  assert.equal(failureAbroad('操作不成功，连接被拒绝'), 'refused');
  assert.equal(failureAbroad('nicht erfolgreich: Verbindung abgelehnt'), 'refused');
});

test('a long text of beginnings is read once', () => {
  const hostile = 'verbindung '.repeat(20_000);
  assert.equal(failureAbroad(hostile), undefined);
  assert.equal(failureAbroad('连接'.repeat(20_000)), undefined);
});

test('a word that is also English, or a name, counts only beside another word of its language', () => {
  for (const text of [
    'page inaccessible from here',
    'user hiba signed in',
    'Torge approved the order',
    'order of M. Ariza shipped',
    'mail to Feil sent',
    'host hata joined',
    'esec 12 nsec 4',
  ])
    assert.equal(failureAbroad(text), undefined, text);
  assert.ok(!isOverAbroad('remediation of host 7 begun'));
  for (const [kind, text] of [
    ['unavailable', 'Le serveur de paie est inaccessible'],
    ['unavailable', 'Serveur 7 inaccessible'],
    ['error', 'ismeretlen hiba a csomóponton'],
    ['error', 'Det oppstod en feil i betalingen'],
    ['error', 'Ödemede hata oluştu'],
    ['error', 'Pompada arıza tespit edildi'],
  ] as const)
    assert.equal(failureAbroad(text), kind, text);
});
