// A name server and a telephone exchange, held-out group.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** A zone cannot be refreshed and expires. Healthy: transfers, and refused queries of strangers. */
function named(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [15, 30]);
  const log = new Log();
  const say = (at: number, text: string, tag?: 'proof'): void =>
    log.add(at, `${stamp(at, '%d-%b-%Y %H:%M:%S.%L')} ${text}`, tag);
  const primary = `10.9.0.${draw.int(2, 60)}#53`;
  const zones = [`${world.thing}.test`, `${world.thing2}.test`, 'intern.test'];
  for (const at of moments(draw, story.from, story.to, 4)) {
    const serial = `20260${draw.int(1, 9)}${draw.int(10, 28)}0${draw.int(1, 9)}`;
    const zone = draw.pick(zones);
    draw.weigh([
      [
        () => {
          say(at, `general: info: zone ${zone}/IN: transferred serial ${serial}`);
          say(
            at + 3,
            `xfer-in: info: transfer of '${zone}/IN' from ${primary}: Transfer completed: 1 messages, ${draw.int(10, 90)} records, ${draw.int(900, 9000)} bytes, 0.00${draw.int(1, 9)} secs`,
          );
        },
        5,
      ],
      [
        () =>
          say(
            at,
            `security: info: client @0x7f${draw.hex(10)} 198.51.100.${draw.int(1, 250)}#${draw.int(2000, 60_000)} (example.com): query (cache) 'example.com/A/IN' denied`,
          ),
        2,
      ],
      [
        () =>
          say(
            at,
            `lame-servers: info: connection refused resolving 'mx${draw.int(1, 9)}.example.net/AAAA/IN': 203.0.113.${draw.int(1, 250)}#53`,
          ),
        1,
      ],
    ])();
  }
  if (broken) {
    const zone = `${world.domain}`;
    for (const at of rhythm(draw, story.begin, story.end, 60))
      say(
        at,
        `general: info: zone ${zone}/IN: refresh: retry limit for primary ${primary} exceeded (source 0.0.0.0#0)`,
        'proof',
      );
    say(story.begin + 240_000, `general: warning: zone ${zone}/IN: expired`, 'proof');
  }
  return {
    kind: 'bind',
    files: { 'named.log': log },
    culprit: [
      'named',
      'bind',
      world.domain,
      `${world.domain}/IN`,
      `zone ${world.domain}/IN`,
      primary,
      primary.split('#')[0]!,
      'general',
    ],
    problem: ['zone|expired|refresh|retry limit|exceeded|transfer'],
    lines: ['refresh: retry limit', '/IN: expired'],
    services: ['named'],
    note: broken ? 'a zone cannot be refreshed and expires' : 'transfers, refused queries, lame servers',
  };
}

/** The trunk is gone, calls fail. Healthy: strangers try to register. */
function asterisk(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1.5, 2.5], [10, 25]);
  const log = new Log();
  const say = (at: number, level: string, where: string, text: string, tag?: 'proof'): void =>
    log.add(at, `[${stamp(at, '%b %e %H:%M:%S')}] ${level}[${draw.int(900, 9000)}]${where}: ${text}`, tag);
  const trunk = `trunk-${world.person}`;
  for (const at of moments(draw, story.from, story.to, 5)) {
    const call = `[C-0000${draw.hex(4)}]`;
    const number = `+4930${draw.int(100_000, 999_999)}`;
    say(
      at,
      'VERBOSE',
      `${call} pbx.c`,
      `Executing [${number}@out:1] Dial("PJSIP/${draw.int(100, 180)}-0000${draw.hex(4)}", "PJSIP/${number}@${trunk}") in new stack`,
    );
    if (broken && story.on(at))
      say(
        at + 400,
        'WARNING',
        `${call} app_dial.c`,
        `Unable to create channel of type 'PJSIP' (cause 20 - Subscriber absent)`,
        'proof',
      );
    else
      say(
        at + 5200,
        'VERBOSE',
        `${call} app_dial.c`,
        `PJSIP/${trunk}-0000${draw.hex(4)} answered PJSIP/${draw.int(100, 180)}-0000${draw.hex(4)}`,
      );
    if (draw.chance(0.15))
      say(
        at + 900,
        'NOTICE',
        ' res_pjsip/pjsip_distributor.c',
        `Request 'REGISTER' from '<sip:${draw.int(100, 999)}@10.0.0.5>' failed for '198.51.100.${draw.int(1, 250)}:5060' (callid: ${draw.hex(12)}) - No matching endpoint found`,
      );
  }
  if (broken)
    say(
      story.begin,
      'NOTICE',
      ' res_pjsip/pjsip_options.c',
      `Contact ${trunk}/sip:sip.${world.domain}:5060 is now Unreachable.  RTT: 0.000 msec`,
      'proof',
    );
  return {
    kind: 'asterisk',
    files: { 'full.log': log },
    culprit: [
      'full',
      'asterisk',
      trunk,
      `sip.${world.domain}`,
      'app_dial.c',
      'pjsip',
      `sip.${world.domain}:5060`,
      `${trunk}/sip:sip.${world.domain}:5060`,
    ],
    problem: ['unreachable|unable to create|channel|absent|trunk|call'],
    lines: ['is now Unreachable', 'Unable to create channel'],
    services: ['full'],
    yearless: true,
    note: broken ? 'the trunk is gone, calls fail' : 'strangers try to register all day',
  };
}

export const NAMES: Family[] = [
  { name: 'named', make: named },
  { name: 'asterisk', make: asterisk },
];
