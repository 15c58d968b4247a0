import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeUnitAt, lengthOfUnit } from '../../../src/domain/time/unit-words.ts';

test('milliseconds and seconds in many languages', () => {
  for (const unit of ['ミリ秒', '毫秒', '밀리초', 'мс', 'Millisekunden', 'msn', 'มิลลิวินาที', 'אלפיות שנייה'])
    assert.deepEqual([lengthOfUnit(unit), isTimeUnitAt(`45 ${unit}`, 2)], [1, true], unit);
  for (const unit of [
    '秒',
    '초',
    'с',
    'сек',
    'СЕК',
    'секунды',
    'segundos',
    'saniye',
    'giây',
    'วินาที',
    'שניות',
  ])
    assert.deepEqual([lengthOfUnit(unit), isTimeUnitAt(`45${unit}`, 2)], [1_000, true], unit);
  assert.ok(isTimeUnitAt('45ミリ秒で処理', 2));
});

test('words that only begin alike, and the Russian word for `with`, are no units', () => {
  assert.equal(lengthOfUnit('ms'), undefined);
  for (const text of ['5 с ошибкой', '5 секретов', '5 sekundär', '5 mscorlib', '5', '5 '])
    assert.ok(!isTimeUnitAt(text, 1), text);
});
