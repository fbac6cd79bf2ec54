/**
 * Words of mail servers' own messages, in small letters. A text keeps these and no others: what a
 * client or another server wrote shows through as far as it used the same plain words.
 */
const WORDS = `
a aaaa abort aborted accept accepted access account action active add added addr address addresses
administrative after again agent alias aliases all allowed already also an and anonymous anvil any
are as at attempt auth authenticate authenticated authentication authority
available backwards bad badly banned bare bcc bdat be because been before behind blacklisted block
blocked blocklisted body bounce bounced buffer but by bytes cache cached cannot capabilities
certificate challenge characters check cipher-suites cleanup client close closed
closing cmusaslsecret code command commands conn-limit concurrency conf config configuration connect
connected connecting connection connections content content-filter control conversation
corrupt could count cram-md5 cram cut daemon data deadline defer deferred delay delayed delays
deliver deliverable delivered delivery denied destination detected dh did different digest-md5
directory disabled disallowed discard discarded disconnect dkim dmarc
dns dnsbl dnsblog does domain done down dropped due during duplicate each early ehlo email empty
enabled encryption end end-of-message ending enforced enough entries entry envelope error errors
esmtp esmtps esmtpa esmtpsa established etrn exceeded exceeds exist exists expansion expected expired
external extra failed failing failure false fatal fifo file files filter filtered find fingerprint
first fixed for forged format forward forwarded found fqdn from full fully-qualified
general get given global go good granted greeting greylist greylisted greylisting greylist-milter
handshake hangup has have header headers held helo high hold host hostname hosts http https id if
ignored ignoring illegal in inappropriate inbound incoming incorrect info inside internal
invalid io ip ipv4 ipv6 is issuer it its junk key kind known large last later length level limit line lines
list listed listening lmtp lmtps local locale log login logged long lookup loop loops lost mail
mailbox mailboxes maildir mailer-daemon malformed map max maximum may
mechanism mechanisms memory message message-id messages method milter milter-reject mime missing
mismatch mode more must mx name named names need needed network new newline next no non
non-delivery non-smtp none noop noqueue not notification now nrcpt ns number of off ok on one only
open operation or other our out outbound over overload pass passed password peer per permanent
permanently permission permitted
pickup pipe pipelining pix plain please policy port postfix postscreen postfix-script pregreet
prepend present private probe problem process prohibited proto protocol proxy-accept proxy-reject
ptr qmgr query queue queued quit quota quoted rate rbl rcpt read reason receive received
recipient recipients record redirect refused reject reject_warning rejected rejecting
relay relayed relaying
reload reloading reload remote removed repeated replace replaced reply request requested require
required requires reset resolution resolve resolved resource response restarted restriction result
retained retry return returned reverse rewrite rset running said sasl scram-sha-1 scram-sha-256
script secure secured see sender senders sending sent server service session sessions set
shut shutting size small smtp smtpd smtps smtputf8 so socket source spam spamassassin spf ssl start
started starting starttls statistics status stop stopping stored submission subject such suspended
syntax system table tables talking temporarily temporary terminated terminating test than that the
their there this time timed timeout times tls tlsv1 to too transaction transport trigger triggers
tried true trusted trust try trying type unable unavailable undeliverable
unexpected unknown unlisted unreachable unsolicited unspecified
unsupported untrusted unusable unused unverified up update usage use used user using utf8 valid value
verification verified verify version via virtual virus virtual_alias vrfy wait waiting warn
warning was were when where while whitelisted wide will with within without would write wrong
you your zero
xoauth2 oauthbearer gssapi ntlm cancel couldn t mech mechs bits key-exchange server-signature enablement improper pregreet
hdr quarantine milters tempfail recipients permerror temperror neutral softfail hardfail
old count protocol-error veto unverified dovecot opendkim opendmarc amavis rspamd policyd-spf postgrey lmtpd imap pop3
orig_to orig_client orig_queue_id sasl_method sasl_username sasl_sender conn_use resent-message-id
reach triggers hold say saying info
cr lf ms eof dane tlsa
`;

const KNOWN: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));

/** Whether a word is one of mail servers' own. */
export function isServerWord(word: string): boolean {
  return KNOWN.has(word.toLowerCase());
}
