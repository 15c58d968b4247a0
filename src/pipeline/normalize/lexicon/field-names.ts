/** What a field of a structured record says. */
export type Meaning =
  | 'timestamp'
  | 'level'
  | 'letter'
  | 'word'
  | 'grade'
  | 'service'
  | 'container'
  | 'origin'
  | 'part'
  | 'name'
  | 'host'
  | 'process'
  | 'message'
  | 'text'
  | 'whole'
  | 'error'
  | 'reason'
  | 'stack'
  | 'trace'
  | 'span'
  | 'endpoint'
  | 'asked'
  | 'method'
  | 'status'
  | 'seconds'
  | 'millis'
  | 'nanos'
  | 'duration'
  | 'upstream';

/**
 * Objects inside a record whose fields mean what they would mean outside of it, in the form of `FIELD_NAMES`: envelopes of
 * log libraries and of clouds.
 */
export const ENVELOPES = [
  'fields',
  'jsonpayload',
  'payload',
  'properties',
  'record',
  'attributes',
  'resource',
  'resourcelabels',
  'resourceattributes',
  'servicecontext',
  'labels',
  'docker',
  'kubernetes',
  'kuberneteslabels',
  'process',
];
/** Objects about one request: only what is about a request counts in them. */
export const REQUEST_OBJECTS = ['req', 'request', 'res', 'response', 'http', 'httprequest', 'httpresponse'];

/** Names that mean something only as they are written: those of one letter would mean anything in another spelling. */
export const EXACT_NAMES: Readonly<Record<string, Meaning>> = {
  '@l': 'level',
  '@m': 'message',
  '@mt': 'text',
  '@x': 'stack',
  L: 'level',
  M: 'message',
};

/** Field names by meaning, in lower case and without spaces, `_`, `-`, `.` and `@`. The first that occurs in a record wins. */
export const FIELD_NAMES: Record<Meaning, string[]> = {
  timestamp: [
    'timestamp',
    'time',
    'ts',
    'datetime',
    'date',
    'eventtime',
    'timeunixnano',
    't',
    'realtimetimestamp',
    'timemillis',
    'logtime',
    'instantepochsecond',
    'systemtime',
    'timestampms',
    'asctime',
    'timegenerated',
    'timecreated',
    'dateandtime',
    'timelocal',
    'timeiso8601',
    'timetimestamp',
    'timerepr',
    'timestampus',
    'timestampns',
    '시각',
    '시간',
    '일시',
    '발생시각',
    '발생일시',
    '발생시간',
    '기록시각',
    '기록일시',
    '등록일시',
    '생성일시',
    '로그시각',
    '로그시간',
  ],
  level: [
    'level',
    'loglevel',
    'severity',
    'severitytext',
    'lvl',
    'levelname',
    'leveldisplayname',
    'entrytype',
    'priority',
    '레벨',
    '수준',
    '등급',
    '심각도',
    '중요도',
    '로그레벨',
    '로그수준',
  ],
  letter: ['s'],
  /** A level only where it holds the word of one: `at=error`. Elsewhere it is a time or a place. */
  word: ['at'],
  /** OpenTelemetry's number from 1 to 24. */
  grade: ['severitynumber'],
  service: [
    'service',
    'servicename',
    'app',
    'application',
    'appname',
    'program',
    'applicationname',
    'approlename',
    'rolename',
    'syslogidentifier',
    'serviceservice',
    'k8sapp',
    'appkubernetesio/name',
    '서비스',
    '서비스명',
    '시스템',
    '시스템명',
    '업무',
    '애플리케이션',
    '프로그램',
  ],
  /** What runs the program, where nothing names the service itself. */
  container: [
    'containername',
    'systemdunit',
    'functionname',
    'loggroup',
    'loggroupname',
    'resourceid',
    'programname',
  ],
  /** A part of a program, which is the service only where the source has no name. */
  part: ['component', '컴포넌트'],
  /** A name that is the service in some tables of events, and something else in other records. */
  origin: ['source', 'providername', 'sourcename'],
  /** The name of a logger, which is that of the program where the record names host or process, too. */
  name: ['name'],
  host: [
    'host',
    'hostname',
    'hosthostname',
    'nodename',
    'server',
    'instance',
    'computer',
    'scomputername',
    'computername',
    'machinename',
    'podname',
    'roleinstance',
    '호스트',
    '호스트명',
    '서버',
    '서버명',
    '장비',
    '장비명',
    '노드',
  ],
  process: ['pid', 'v'],
  message: [
    'message',
    'msg',
    'log',
    'shortmessage',
    'logmessage',
    'renderedmessage',
    'textpayload',
    'resultdescription',
    '메시지',
    '내용',
    '로그',
    '로그메시지',
    '로그내용',
    '오류메시지',
    '상세내용',
    '본문',
    '설명',
  ],
  /** The message where no other field is. */
  text: [
    'text',
    'body',
    'bodystringvalue',
    'event',
    'description',
    'desc',
    'detail',
    'content',
    'messagetemplate',
    'title',
  ],
  /** The message with all its lines. */
  whole: ['fullmessage'],
  error: [
    'errorcode',
    'errcode',
    'code',
    'errno',
    'sqlstate',
    'errortype',
    'exception',
    'exceptionclass',
    'exceptiontype',
    'errorname',
    'errtype',
    'errname',
    'throwntype',
    'thrownname',
    '오류코드',
    '에러코드',
  ],
  /** What went wrong, beside the message. */
  reason: [
    'error',
    'err',
    'errormessage',
    'errmessage',
    'exceptionmessage',
    'thrownmessage',
    'errmsg',
    'errorcause',
  ],
  stack: [
    'stack',
    'stacktrace',
    'errstack',
    'errorstack',
    'errorstacktrace',
    'exceptionstacktrace',
    'excinfo',
    'exctext',
    'exceptiondetail',
    'thrownextendedstacktrace',
  ],
  trace: ['traceid', 'trace', 'xb3traceid', 'oteltraceid'],
  span: ['spanid', 'span', 'xb3spanid'],
  endpoint: [
    'endpoint',
    'path',
    'url',
    'uri',
    'route',
    'requesturi',
    'httppath',
    'httproute',
    'httptarget',
    'urlpath',
    'requestpath',
    'target',
    'csuristem',
    'originalurl',
    'requesturl',
    'urloriginal',
    'httpurl',
    'urlfull',
    '경로',
    '요청경로',
    '엔드포인트',
  ],
  /** A whole request line: `GET /cart HTTP/1.1`. */
  asked: ['request', 'requestline', 'httprequest'],
  method: [
    'method',
    'httpmethod',
    'requestmethod',
    'verb',
    'httprequestmethod',
    'csmethod',
    '메서드',
    '메소드',
  ],
  status: [
    'status',
    'statuscode',
    'httpstatus',
    'httpstatuscode',
    'httpresponsestatuscode',
    'responsestatus',
    'responsecode',
    'scstatus',
    'downstreamstatus',
    'elbstatuscode',
    '상태코드',
    '응답코드',
  ],
  seconds: [
    'requesttime',
    'rt',
    'durations',
    'durationsec',
    'durationseconds',
    'latencyseconds',
    'elapseds',
    'elapsedseconds',
    '소요시간(초)',
    '응답시간(초)',
    '처리시간(초)',
  ],
  millis: [
    'durationms',
    'latencyms',
    'elapsedms',
    'tookms',
    'responsetimems',
    'durationmillis',
    'elapsedmillis',
    'responsetime',
    'elapsedmilliseconds',
    'ms',
    '소요시간(ms)',
    '응답시간(ms)',
    '처리시간(ms)',
  ],
  nanos: ['durationns', 'latencyns', 'elapsedns', 'eventduration'],
  /** A duration whose name does not tell the unit. */
  duration: [
    'duration',
    'latency',
    'elapsed',
    'elapsedtime',
    'took',
    'timetaken',
    'processingtime',
    'executiontime',
    '소요시간',
    '응답시간',
    '처리시간',
  ],
  /** How long another server took for a part of the request; counts where nothing says how long all of it took. */
  upstream: ['upstreamresponsetime', 'urt'],
};
