/** What a variable, an argument or a command's result may hold. */
export type Value = string | number | ValueList | Hash;
/** A string list; items are texts and numbers, never lists. */
export type ValueList = readonly (string | number)[];
/** Keys in the order in which they were first set. */
export type Hash = Map<string, Value>;

export function isList(value: Value | undefined): value is ValueList {
  return Array.isArray(value);
}

/** What `"${value}"` becomes: a list is its first item (Momentum's own examples), nothing is empty. */
export function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value === undefined || value instanceof Map) return '';
  return value.length === 0 ? '' : String(value[0]);
}

/** The items of a list, or the value alone; nothing and a hash are no item. */
export function itemsOf(value: Value | undefined): ValueList {
  if (value === undefined || value instanceof Map) return [];
  return typeof value === 'object' ? value : [value];
}

/** The name of its type as scripts know it; `''` of what is not set. */
export function typeOf(value: Value | undefined): string {
  if (value === undefined) return '';
  if (value instanceof Map) return 'hash';
  return isList(value) ? 'stringlist' : typeof value;
}

const TRUE = /^(?:true|yes|on|t|y)$/i;

/** A word for yes, or a number other than 0; a list says what its first item says. */
export function isTrue(value: Value | undefined): boolean {
  const text = textOf(value).trim();
  return TRUE.test(text) || (/^[+-]?[\d.]+$/.test(text) && (leadingNumber(text) ?? 0) !== 0);
}

const NUMBER = /^\s*([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)/;

/**
 * The number that a text begins with: "only the first number portion is taken". Undefined where
 * there is none.
 */
export function leadingNumber(text: string): number | undefined {
  const whole = wholeNumber(text);
  if (whole !== undefined) return whole;
  const match = NUMBER.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Counts are short texts of digits; most numbers that a script compares are such. */
function wholeNumber(text: string): number | undefined {
  const { length } = text;
  if (length === 0 || length > 15) return undefined;
  let value = 0;
  for (let at = 0; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}
