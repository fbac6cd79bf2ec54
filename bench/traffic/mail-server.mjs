/** @import { Client, Clients } from './clients.mjs' */
/** @import { Names } from './names.mjs' */
/** @import { Random } from './random.mjs' */
/** @import { Timeline } from './timeline.mjs' */

/**
 * A connection that smtpd took.
 *
 * @typedef {object} Session
 * @property {number} start second of the connect
 * @property {Client} client
 * @property {string} peer `name[address]`
 * @property {string} tag `postfix/smtpd[123]: `
 */

const SERVER = '192.0.2.25';
const BLOCK_LIST = 'zen.dnsbl.example';
const TLS =
  'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 ' +
  'server-signature RSA-PSS (2048 bits) server-digest SHA256';
const TLS_TROUBLE =
  'warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:' +
  '../ssl/statem/statem_srvr.c:1657:';
const RELAYS = [
  'mail1.corp.example.com[192.0.2.11]:25',
  'mail2.corp.example.com[192.0.2.12]:25',
  '127.0.0.1[127.0.0.1]:10024',
  'mx-in.big-mailer.example[198.51.100.27]:25',
  'mx-eu.am0.other-mailer.example[203.0.113.73]:25',
  'mail.protection.office.example[203.0.113.10]:25',
  'mx-in.big-mailer.example[2001:db8:ffff:c05::1b]:25',
];
const MECHANISMS = ['LOGIN', 'PLAIN', 'CRAM-MD5'];
const FIRST_PROCESS = 1000;

/**
 * A Postfix server with the daemons around it: turns connections into what each of them logs, and
 * into the events that those lines mean.
 */
export class MailServer {
  #timeline;
  #clients;
  #random;
  #names;
  /**
   * Processes without a client.
   *
   * @type {number[]}
   */
  #idle = [];
  #processes = FIRST_PROCESS;
  #messages = 0;

  /**
   * @param {Timeline} timeline
   * @param {Clients} clients
   * @param {Names} names
   * @param {Random} random
   */
  constructor(timeline, clients, names, random) {
    this.#timeline = timeline;
    this.#clients = clients;
    this.#names = names;
    this.#random = random;
  }

  /**
   * A client connects in this second.
   *
   * @param {number} start
   */
  connect(start) {
    const client = this.#clients.draw();
    if (client.role !== 'user' && this.#random.chance(0.25) && this.#screen(client, start)) return;
    const process = this.#idle.pop() ?? ++this.#processes;
    const daemon = client.role === 'user' ? 'submission/smtpd' : 'smtpd';
    const tag = `postfix/${daemon}[${process}]: `;
    const session = { start, client, tag, peer: `${client.name}[${client.ip}]` };
    const end = this.#serve(session);
    this.#timeline.after(end, () => this.#idle.push(process));
  }

  /**
   * What other daemons log in this second.
   *
   * @param {number} at
   */
  murmur(at) {
    const random = this.#random;
    const timeline = this.#timeline;
    if (random.chance(0.12)) {
      const { ip } = this.#clients.any();
      const user = `user=<${this.#names.user()}@example.org>, method=PLAIN`;
      const where = `rip=${ip}, lip=${SERVER}, mpid=${this.#anyProcess()}, TLS`;
      const session = `session=<${random.word(50)}>`;
      timeline.log(at, `dovecot: imap-login: Login: ${user}, ${where}, ${session}`);
    }
    if (random.chance(0.1)) {
      const user = `${this.#names.user()}@example.org)<${this.#anyProcess()}><${random.word(50)}>`;
      const bytes = `in=${random.below(900)} out=${random.below(90_000)}`;
      const rest = 'deleted=0 expunged=0 trashed=0 hdr_count=2 hdr_bytes=911 body_count=0';
      timeline.log(at, `dovecot: imap(${user}: Disconnected: Logged out ${bytes} ${rest}`);
    }
    if (at % 600 === 599) this.#statistics(at);
    if (at % 300 === 0) timeline.log(at, 'postfix/scache[902]: statistics: start interval');
  }

  /** @param {number} at */
  #statistics(at) {
    const { ip } = this.#clients.any();
    const say = (/** @type {string} */ what) => {
      this.#timeline.log(at, `postfix/anvil[901]: statistics: max ${what}`);
    };
    say(`connection rate ${1 + this.#random.below(60)}/60s for (smtp:${ip})`);
    say(`connection count ${1 + this.#random.below(9)} for (smtp:${ip})`);
    say(`cache size ${this.#random.below(90)}`);
  }

  /**
   * postscreen's part: true when it ends the session, false when smtpd takes over.
   *
   * @param {Client} client
   * @param {number} start
   */
  #screen({ ip, role, name }, start) {
    const random = this.#random;
    const from = `[${ip}]:${1024 + random.below(64_000)}`;
    const tag = `postfix/postscreen[${910 + random.below(3)}]: `;
    const log = (/** @type {number} */ wait, /** @type {string} */ text) => {
      this.#timeline.log(start + wait, tag + text);
    };
    log(0, `CONNECT from ${from} to [${SERVER}]:25`);
    if (role === 'sender' || random.chance(0.5)) {
      log(0, `PASS ${random.chance(0.8) ? 'OLD' : 'NEW'} ${from}`);
      return false;
    }
    const sender = this.#sender(name);
    const recipient = this.#names.ownAddress();
    const listed = `listed by domain ${BLOCK_LIST} as 127.0.0.${2 + random.below(10)}`;
    const asker = `postfix/dnsblog[${920 + random.below(20)}]: addr ${ip} ${listed}`;
    this.#timeline.log(start, asker);
    log(6, `DNSBL rank ${3 + random.below(9)} for ${from}`);
    const text = `550 5.7.1 Service unavailable; client [${ip}] blocked using ${BLOCK_LIST}`;
    const who = `from=<${sender}>, to=<${recipient}>, proto=ESMTP, helo=<${this.#names.domain()}>`;
    log(7, `NOQUEUE: reject: RCPT from ${from}: ${text}; ${who}`);
    log(7, `DISCONNECT ${from}`);
    this.#timeline.event(start + 7, 'rejection', ip, sender, recipient, 550);
    this.#timeline.event(start + 7, 'connect', ip);
    this.#timeline.event(start + 7, 'disconnect', ip);
    return true;
  }

  /**
   * All of a session at smtpd; its last second.
   *
   * @param {Session} session
   */
  #serve(session) {
    const { client, start, peer } = session;
    if (client.name === 'unknown' && this.#random.chance(0.1)) this.#nameless(session);
    this.#say(session, 0, `connect from ${peer}`);
    this.#timeline.event(start, 'connect', client.ip);
    switch (client.role) {
      case 'scanner':
        return this.#scan(session);
      case 'guesser':
        return this.#guess(session);
      case 'spammer':
        return this.#refuse(session);
      default: {
        const refused = client.role === 'sender' && this.#random.chance(0.06);
        return refused ? this.#refuse(session) : this.#accept(session);
      }
    }
  }

  /** @param {Session} session */
  #nameless(session) {
    const { ip } = session.client;
    const name = `host-${ip.replaceAll(/[.:]+/g, '-')}.${this.#names.domain()}`;
    const trouble = `does not resolve to address ${ip}: Name or service not known`;
    this.#say(session, 0, `warning: hostname ${name} ${trouble}`);
  }

  /**
   * Talks nonsense and leaves.
   *
   * @param {Session} session
   */
  #scan(session) {
    const random = this.#random;
    const part = random.fraction();
    const { peer } = session;
    if (part < 0.3) {
      this.#say(session, 1, `SSL_accept error from ${peer}: -1`);
      this.#say(session, 1, TLS_TROUBLE);
      return this.#end(session, 2, 'ehlo=1 starttls=0/1 commands=1/2', 'STARTTLS');
    }
    if (part < 0.5) {
      const sent = String.raw`\026\003\001\002`;
      this.#say(session, 2, `improper command pipelining after EHLO from ${peer}: ${sent}`);
    }
    const seconds = 2 + random.below(20);
    if (part < 0.8) return this.#end(session, seconds, 'unknown=0/1 commands=0/1', 'UNKNOWN');
    return this.#end(session, seconds, 'commands=0/0', 'CONNECT');
  }

  /**
   * Tries passwords.
   *
   * @param {Session} session
   */
  #guess(session) {
    const random = this.#random;
    const { peer, client, start } = session;
    const mechanism = random.pick(MECHANISMS);
    const tries = 1 + random.below(3);
    for (let attempt = 0; attempt < tries; attempt++) {
      const wait = 1 + attempt * 2;
      const user = random.chance(0.5) ? `${this.#names.user()}@example.org` : '';
      const reason = random.chance(0.5) ? 'UGFzc3dvcmQ6' : '(reason unavailable)';
      const named = user === '' ? '' : `, sasl_username=${user}`;
      const failed = `SASL ${mechanism} authentication failed: ${reason}${named}`;
      this.#say(session, wait, `warning: ${peer}: ${failed}`);
      this.#timeline.event(start + wait, 'auth_failure', client.ip, '', '', 535);
    }
    const commands = `ehlo=1 auth=0/${tries} commands=1/${tries + 1}`;
    return this.#end(session, 2 + tries * 2, commands, random.chance(0.6) ? 'AUTH' : '');
  }

  /**
   * Every recipient is refused.
   *
   * @param {Session} session
   */
  #refuse(session) {
    const random = this.#random;
    const { client, start, peer } = session;
    const encrypted = this.#encrypt(session);
    const tries = 1 + (random.chance(0.3) ? random.below(6) : 0);
    const sender = this.#sender(client.name);
    const helo = this.#names.domain();
    const why = random.fraction();
    for (let attempt = 0; attempt < tries; attempt++) {
      const recipient = this.#names.ownAddress();
      const text = refusal(why, client.ip, recipient, helo);
      const wait = 1 + attempt;
      const who = `from=<${sender}> to=<${recipient}> proto=ESMTP helo=<${helo}>`;
      this.#say(session, wait, `NOQUEUE: reject: RCPT from ${peer}: ${text}; ${who}`);
      const code = Number(text.slice(0, 3));
      this.#timeline.event(start + wait, 'rejection', client.ip, sender, recipient, code);
      if (!text.includes('Greylisted')) continue;
      const asked = `client_name=${client.name}, client_address=${client.ip}`;
      const envelope = `sender=${sender}, recipient=${recipient}`;
      this.#timeline.log(
        start + wait,
        `postgrey[812]: action=greylist, reason=new, ${asked}, ${envelope}`,
      );
    }
    const tls = encrypted ? 'ehlo=2 starttls=1' : 'ehlo=1';
    const well = encrypted ? 5 : 3;
    const commands = `${tls} mail=1 rcpt=0/${tries} quit=1 commands=${well}/${well + tries}`;
    return this.#end(session, 2 + tries, commands, '');
  }

  /**
   * Takes one message or more.
   *
   * @param {Session} session
   */
  #accept(session) {
    const random = this.#random;
    const encrypted = this.#encrypt(session);
    const messages = 1 + (random.chance(0.15) ? random.below(4) : 0);
    for (let message = 0; message < messages; message++) this.#message(session, 1 + message);
    const tls = encrypted ? 'ehlo=2 starttls=1' : 'ehlo=1';
    const auth = session.client.role === 'user' ? ' auth=1' : '';
    const each = `mail=${messages} rcpt=${messages} data=${messages} quit=1`;
    const all = 3 * messages + (encrypted ? 4 : 2) + (auth === '' ? 0 : 1);
    return this.#end(session, 1 + messages, `${tls}${auth} ${each} commands=${all}`, '');
  }

  /**
   * One message, from its queue id to its removal.
   *
   * @param {Session} session
   * @param {number} wait
   */
  #message(session, wait) {
    const random = this.#random;
    const { client, start, peer } = session;
    const { ip, role, name } = client;
    const at = start + wait;
    const id = this.#queueId();
    const sender = this.#sender(name);
    const messageId = `${random.word(30)}.${random.below(1e9)}@${this.#names.domain()}`;
    const user = `, sasl_method=PLAIN, sasl_username=${this.#names.user()}@example.org`;
    const size = 800 + Math.floor(Math.exp(random.fraction() * 9) * 40);
    const recipients = 1 + (random.chance(0.2) ? random.below(5) : 0);
    const log = (/** @type {string} */ text) => this.#timeline.log(at, text);
    this.#say(session, wait, `${id}: client=${peer}${role === 'user' ? user : ''}`);
    log(`postfix/cleanup[${this.#anyProcess()}]: ${id}: message-id=<${messageId}>`);
    if (random.chance(0.7)) {
      log(`opendkim[701]: ${id}: ${this.#names.domain()} [${ip}] not internal`);
    }
    if (random.chance(0.5)) log(`rspamd[640]: ${this.#judgement(id, messageId, ip, sender, size)}`);
    const queued = `from=<${sender}>, size=${size}, nrcpt=${recipients} (queue active)`;
    log(`postfix/qmgr[905]: ${id}: ${queued}`);
    this.#timeline.event(at, 'reception', ip, sender, '', 250);
    let last = at;
    for (let recipient = 0; recipient < recipients; recipient++) {
      last = Math.max(last, this.#deliver(client, id, sender, at, recipient === 0));
    }
    this.#timeline.log(last, `postfix/qmgr[905]: ${id}: removed`);
  }

  /**
   * A recipient's status line; the second it was written.
   *
   * @param {Client} client
   * @param {string} id
   * @param {string} sender
   * @param {number} at second of the reception
   * @param {boolean} first of the message's recipients
   */
  #deliver({ ip, role }, id, sender, at, first) {
    const random = this.#random;
    const outward = role === 'user';
    const names = this.#names;
    const recipient = outward ? `${names.user()}@${names.domain()}` : names.ownAddress();
    const seconds = 1 + random.below(4);
    const relay = random.pick(RELAYS);
    const agent = outward || random.chance(0.6) ? 'smtp' : 'lmtp';
    const delays = `0.${random.below(99)}/0.01/${random.below(2)}.${random.below(99)}/0.2`;
    const delay = `delay=${seconds}.${random.below(10)}, delays=${delays}`;
    const { kind, code, dsn, status } = outcome(random, relay, recipient);
    const text = `to=<${recipient}>, relay=${relay}, ${delay}, dsn=${dsn}, status=${status}`;
    const done = at + seconds;
    this.#timeline.log(done, `postfix/${agent}[${this.#anyProcess()}]: ${id}: ${text}`);
    this.#timeline.event(done, kind, ip, sender, recipient, code);
    if (kind === 'bounce' && first) {
      const notice = `sender non-delivery notification: ${this.#queueId()}`;
      this.#timeline.log(done, `postfix/bounce[${this.#anyProcess()}]: ${id}: ${notice}`);
    }
    return done;
  }

  /**
   * @param {string} id
   * @param {string} messageId
   * @param {string} ip
   * @param {string} sender
   * @param {number} size
   */
  #judgement(id, messageId, ip, sender, size) {
    const random = this.#random;
    const domain = this.#names.domain();
    const score = (random.fraction() * 12 - 4).toFixed(2);
    const symbols =
      `DMARC_POLICY_ALLOW(-0.50){${domain};reject;},R_DKIM_ALLOW(-0.20){${domain}:s=sel1;},` +
      `R_SPF_ALLOW(-0.20){+ip:${ip};},MIME_GOOD(-0.10){multipart/alternative;text/plain;}`;
    const cost = `time: ${random.below(900)}.${random.below(999)}ms, dns req: ${random.below(40)}`;
    return (
      `<${id.slice(0, 6).toLowerCase()}>; task; rspamd_task_write_log: id: <${messageId}>, ` +
      `qid: <${id}>, ip: ${ip}, from: <${sender}>, (default: F (no action): ` +
      `[${score}/15.00] [${symbols}]), len: ${size}, ${cost}, digest: <${random.word(50)}>`
    );
  }

  /** @param {Session} session */
  #encrypt(session) {
    if (!this.#random.chance(0.75)) return false;
    this.#say(session, 0, `Anonymous TLS connection established from ${session.peer}: ${TLS}`);
    return true;
  }

  /**
   * @param {Session} session
   * @param {number} wait seconds from the connect
   * @param {string} commands
   * @param {string} lost the command behind which the connection broke, if it did
   */
  #end(session, wait, commands, lost) {
    const { peer, start, client } = session;
    if (lost !== '') this.#say(session, wait, `lost connection after ${lost} from ${peer}`);
    this.#say(session, wait, `disconnect from ${peer} ${commands}`);
    this.#timeline.event(start + wait, 'disconnect', client.ip);
    return start + wait;
  }

  /**
   * @param {Session} session
   * @param {number} wait seconds from the connect
   * @param {string} text
   */
  #say(session, wait, text) {
    this.#timeline.log(session.start + wait, session.tag + text);
  }

  /** @param {string} hostName of the client */
  #sender(hostName) {
    const random = this.#random;
    const names = this.#names;
    const foreign = hostName === 'unknown' || random.chance(0.3);
    const domain = foreign ? names.domain() : hostName.slice(hostName.indexOf('.') + 1);
    const part = random.fraction();
    if (part < 0.04) return '';
    if (part < 0.05) return `"${names.word()}, ${names.word()}"@${domain}`;
    if (part < 0.12) return `bounces+${random.below(1e7)}-${random.below(1e5)}@${domain}`;
    return `${names.user()}@${domain}`;
  }

  /** A queue id that no other message has: Postfix's short form or its long one. */
  #queueId() {
    const serial = ++this.#messages;
    const spread = Math.imul(serial, 0x9e37_79b1) >>> 0;
    if (serial % 2 === 0) return spread.toString(16).toUpperCase().padStart(8, '0') + 'A0';
    return `4${inLetters(7e8 + serial * 977)}z${inLetters(spread)}`;
  }

  #anyProcess() {
    return FIRST_PROCESS + this.#random.below(30_000);
  }
}

/** Letters of long queue ids: no vowels, so that they spell nothing. */
const LETTERS = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy';

/** @param {number} value */
function inLetters(value) {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / LETTERS.length)) {
    text = LETTERS[rest % LETTERS.length] + text;
  }
  return text;
}

/**
 * @param {number} why in [0, 1)
 * @param {string} ip
 * @param {string} recipient
 * @param {string} helo
 */
function refusal(why, ip, recipient, helo) {
  if (why < 0.45) {
    const page = `https://www.dnsbl.example/query/ip/${ip}`;
    const blocked = `Client host [${ip}] blocked using ${BLOCK_LIST}`;
    return `554 5.7.1 Service unavailable; ${blocked}; ${page}`;
  }
  const refused = `<${recipient}>: Recipient address rejected:`;
  if (why < 0.65) return `550 5.1.1 ${refused} User unknown in virtual mailbox table`;
  if (why < 0.85) {
    return `450 4.2.0 ${refused} Greylisted, see http://www.greylist.example/help/example.org.html`;
  }
  return `450 4.7.1 <${helo}>: Helo command rejected: Host not found`;
}

/**
 * How a delivery ends: nine of ten well.
 *
 * @param {Random} random
 * @param {string} relay
 * @param {string} recipient
 */
function outcome(random, relay, recipient) {
  const part = random.fraction();
  const host = `host ${relay.replace(/:\d+$/, '')} said:`;
  if (part < 0.9) {
    const remote = `${random.below(2e9)} ${random.word(30)}-${random.word(30)} - queued`;
    const status = `sent (250 2.0.0 OK ${remote})`;
    return { kind: 'delivery', code: 250, dsn: '2.0.0', status };
  }
  if (part < 0.96) {
    const rate = `421 4.7.0 [${SERVER} 15] Unusual rate of mail from your IP address`;
    const status = `deferred (${host} ${rate}, try again later (in reply to end of DATA command))`;
    return { kind: 'deferral', code: 421, dsn: '4.7.0', status };
  }
  const unknown = `550 5.1.1 <${recipient}>: Recipient address rejected: User unknown`;
  const status = `bounced (${host} ${unknown} (in reply to RCPT TO command))`;
  return { kind: 'bounce', code: 550, dsn: '5.1.1', status };
}
