// Lines as Postfix writes them, for logs that a test makes up.

export interface LineSetting {
  readonly host?: string;
  readonly pid?: number;
}

/** @param stamp as syslog writes it: `Nov 20 18:27:13` or a full date */
export function connect(stamp: string, ip: string, setting: LineSetting = {}): string {
  return smtpd(stamp, `connect from unknown[${ip}]`, setting);
}

export function disconnect(stamp: string, ip: string, setting: LineSetting = {}): string {
  return smtpd(stamp, `disconnect from unknown[${ip}] ehlo=1 quit=1 commands=2`, setting);
}

function smtpd(stamp: string, text: string, { host = 'mx1', pid = 100 }: LineSetting): string {
  return `${stamp} ${host} postfix/smtpd[${pid}]: ${text}\n`;
}
