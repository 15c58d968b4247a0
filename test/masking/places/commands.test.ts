import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInCommands } from '../../../src/masking/places/commands.ts';
import { foundIn, hides } from '../found.ts';

const SECRET = ['harbor', 'Tug73'].join('!');

test('passwords on command lines and in commands of protocols are found', () => {
  for (const line of [
    `mysql -uquay -p${SECRET} shop`,
    `mysqldump --single-transaction -h db -p'${SECRET}' shop`,
    `sshpass -p ${SECRET} ssh ops@quay-3`,
    `sshpass -p "${SECRET}" scp a b`,
    `docker login -u quay -p ${SECRET} registry.example.com`,
    `curl -su quay:${SECRET} https://pier.example.com/api`,
    `curl --user quay:${SECRET} https://pier.example.com/api`,
    `wget --proxy-user quay:${SECRET} http://x/y`,
    `smbclient //quay/share -U quay%${SECRET}`,
    `sqlplus quay/${SECRET}@PIER`,
    `openssl rsa -in key.pem -passin pass:${SECRET}`,
    `gpg --batch --passphrase ${SECRET} -d a.gpg`,
    `echo "quay:${SECRET}" | chpasswd`,
    `echo ${SECRET} | sudo -S reboot`,
    `net use Z: \\\\quay\\share ${SECRET} /user:quay`,
    `rabbitmqctl change_password quay ${SECRET}`,
    `CONFIG SET requirepass ${SECRET}`,
    `"AUTH" "${SECRET}"`,
    `ftp> PASS ${SECRET}`,
    `machine quay.example.com login quay password ${SECRET}`,
    `aws configure set aws_secret_access_key ${SECRET}`,
  ])
    assert.ok(hides(findInCommands, line, SECRET), line);
});

test('what only looks like it stays', () => {
  for (const line of [
    'mysql -uquay -p$MYSQL_PASSWORD shop',
    'tar -cf a.tar -p /srv/quay',
    'mkdir -p /srv/quay/tide',
    'curl -u quay https://pier.example.com/api',
    'docker run -p 8080:80 quay/tide',
    'test suite: PASS tide_table',
    '12 tests PASS',
    'AUTH failed for quay',
    'connect tcp/quay:5432',
    'psql -U quay -p 5432',
  ])
    assert.deepEqual(foundIn(findInCommands, line), [], line);
});
