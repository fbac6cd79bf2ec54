/** Different texts that one place of a script keeps what it made of them; more are made anew. */
const MAX_REMEMBERED = 256;

/** Makes something of a text once, such as a pattern that a script takes from a variable. */
export function remembered<Kind>(make: (text: string) => Kind): (text: string) => Kind {
  const known = new Map<string, Kind>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      if (known.size === MAX_REMEMBERED) known.clear();
      known.set(text, (made = make(text)));
    }
    return made;
  };
}
