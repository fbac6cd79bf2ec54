import { KIND, type KindName } from '../../model/event.ts';

/** What the parser asks of a record, and the keys that lead there. */
const KEYS = {
  type: ['type'],
  eventTime: ['event_time'],
  timestamp: ['timestamp'],
  id: ['id'],
  session: ['session_id'],
  node: ['nodeid'],
  sender: ['sender'],
  recipient: ['recipient'],
  size: ['size'],
  peerAddress: ['peer_address', 'addr'],
  peerName: ['peer_address', 'name'],
  code: ['response', 'code'],
  enhancedClass: ['response', 'enhanced_code', 'class'],
  enhancedSubject: ['response', 'enhanced_code', 'subject'],
  enhancedDetail: ['response', 'enhanced_code', 'detail'],
  content: ['response', 'content'],
  command: ['response', 'command'],
  identity: ['attempted_identity', 'identity'],
  success: ['success'],
  authPeer: ['auth_info', 'peer_address'],
  authPeerAddress: ['auth_info', 'peer_address', 'addr'],
} as const;

export const PATHS: readonly (readonly string[])[] = Object.values(KEYS);

/** The number of each value. */
export const FIELD = Object.fromEntries(
  Object.keys(KEYS).map((name, number) => [name, number]),
) as Readonly<Record<keyof typeof KEYS, number>>;

/** Types of record that are events, by what has to be read of them. */
export const RECORD = {
  /** Any other type. */
  irrelevant: 0,
  reception: 1,
  rejection: 2,
  delivery: 3,
  bounce: 4,
  deferral: 5,
  /** A bounce whose id is that of the report which told of it. */
  reported: 6,
  authentication: 7,
} as const;

const TYPES: ReadonlyMap<string, number> = new Map([
  ['Reception', RECORD.reception],
  ['Rejection', RECORD.rejection],
  ['Delivery', RECORD.delivery],
  ['Bounce', RECORD.bounce],
  ['Expiration', RECORD.bounce],
  ['AdminBounce', RECORD.bounce],
  ['TransientFailure', RECORD.deferral],
  ['OOB', RECORD.reported],
  ['Authentication', RECORD.authentication],
]);

export function recordOf(type: string): number {
  return TYPES.get(type) ?? RECORD.irrelevant;
}

/** The kind of a record's event, where its type alone tells. */
export const KIND_OF: readonly number[] = (
  [
    'clock',
    'reception',
    'rejection',
    'delivery',
    'bounce',
    'deferral',
    'bounce',
    'auth_failure',
  ] as const
).map((name: KindName) => KIND[name]);
