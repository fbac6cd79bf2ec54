import type { Prefix } from '../model/address.ts';
import { UserError } from '../model/errors.ts';

/** `24`, `24,64` or `/24,/64`; the length of the other family is that of an address. */
export function readPer(text: string): Prefix {
  const match = /^\/?(\d{1,3})(?:,\/?(\d{1,3}))?$/.exec(text);
  const first = Number(match?.[1]);
  const second = match?.[2] === undefined ? undefined : Number(match[2]);
  const alone = first > 32 ? { ipv4: 32, ipv6: first } : { ipv4: first, ipv6: 128 };
  const per = second === undefined ? alone : { ipv4: first, ipv6: second };
  if (match === null || per.ipv4 > 32 || per.ipv6 > 128) {
    throw new UserError(
      `--per ${text}: not a prefix length`,
      '--per 24, or --per 24,64 for both families',
    );
  }
  return per;
}
