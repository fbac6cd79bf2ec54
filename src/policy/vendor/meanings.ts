/** What one series of the vendor's default policy counts, in the words of a policy. */
export interface Meaning {
  /** What it is counted by: the peer, or a field of type `string`. */
  readonly key: 'ip' | 'sender' | 'user';
  /** `on:` of the series, as YAML. */
  readonly on: string;
  /** `where:` of the series, as YAML. */
  readonly where?: string;
  /** The phase at which its rules are judged; absent: at each event that is counted. */
  readonly at?: 'rcptto' | 'data';
  /** What the policy says beside `on:` or `at:` about when its rules are judged. */
  readonly moment: string;
  /** `then:` of its rules, as YAML. */
  readonly verdict: string;
}

const disconnect = (text: string): string => `{ disconnect: '421 4.7.0 ${text}' }`;
const reject = (text: string): string => `{ reject: '451 4.7.1 ${text}' }`;

/** A refused message is a rejection, one that was only marked a reception. */
const found = (verdict: 'spam' | 'virus', words: string): Omit<Meaning, 'key' | 'verdict'> => ({
  on: '[reception, rejection]',
  where: `{ verdict: ${verdict} }`,
  moment: `judged at each message that the log calls ${words}; Postfix logs never do`,
});

const perMessage = { on: 'reception', moment: 'judged at each message accepted' } as const;

/**
 * By the name of the series. The replies have the codes that the vendor documents; 421 ends a
 * session, so it is a `disconnect`.
 */
export const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'connections',
    {
      key: 'ip',
      on: 'connect',
      moment: 'judged at each connection',
      verdict: disconnect('too many connections'),
    },
  ],
  ['messages', { key: 'ip', ...perMessage, verdict: disconnect('too many messages') }],
  ['spam', { key: 'ip', ...found('spam', 'spam'), verdict: disconnect('too much spam') }],
  ['virus', { key: 'ip', ...found('virus', 'a virus'), verdict: disconnect('too many viruses') }],
  [
    'mailfrom',
    { key: 'sender', ...perMessage, verdict: reject('too many messages from this sender') },
  ],
  [
    'spam_mailfrom',
    { key: 'sender', ...found('spam', 'spam'), verdict: reject('too much spam from this sender') },
  ],
  [
    'virus_mailfrom',
    {
      key: 'sender',
      ...found('virus', 'a virus'),
      verdict: reject('too many viruses from this sender'),
    },
  ],
  [
    'auth_user',
    {
      // One for each message that a logged-in user begins; a failed login is not the user's.
      key: 'user',
      on: 'auth_success',
      at: 'data',
      moment: "judged at each message accepted, by its sender's login",
      verdict: reject('too many messages from this account'),
    },
  ],
  [
    'invalid_recipients',
    {
      key: 'ip',
      on: 'rejection',
      where:
        '{ phase: rcptto, code: [550, 551], reason: /user unknown|no such user|undeliverable address/i }',
      at: 'rcptto',
      moment: 'judged at each recipient, also at those that exist',
      verdict: reject('too many unknown recipients'),
    },
  ],
  [
    'invalid_smtp_auth',
    {
      key: 'ip',
      on: 'auth_failure',
      moment: 'judged at each failed login',
      verdict: disconnect('too many failed logins'),
    },
  ],
]);

/** What a series of a string type is counted by, as messages say it. */
export const COUNTED_BY: Readonly<Record<Meaning['key'], string>> = {
  ip: 'counts addresses',
  sender: 'counts senders, which are strings',
  user: 'counts users, which are strings',
};
