/** Protocols that a link of a text may have. */
const PROTOCOLS: readonly string[] = ["http:", "https:", "mailto:"];

/** ASCII, Latin, Greek and Cyrillic: an address ends at a blank, at quotes, and at Chinese text. */
const ADDRESS = /(?:https?:\/\/|mailto:)[!#-;=?-Z_a-z~\u00a1-\u02ff\u0370-\u1fff]{1,2000}/iy;
/** What stands behind `[text]`. */
const TARGET = /\(([^\s()<>]{1,2000})\)/y;
/** These end a sentence or a style rather than an address. */
const TRAILING = /[.,;:!?'*_~]$/;

/** The address that begins at a place of a text; empty: none does. */
export function addressAt(text: string, at: number): string {
  ADDRESS.lastIndex = at;
  let address = ADDRESS.exec(text)?.[0] ?? "";
  const count = (sign: string) => address.split(sign).length;
  // A bracket belongs to the address if it was opened there.
  let open = count("(") - count(")");
  for (;;) {
    if (address.endsWith(")") && open < 0) open++;
    else if (!TRAILING.test(address)) break;
    address = address.slice(0, -1);
  }
  return isSafe(address) ? address : "";
}

/** The `(address)` that begins at a place of a text, with its length there. */
export function targetAt(text: string, at: number): { href: string; length: number } | undefined {
  TARGET.lastIndex = at;
  const [whole = "", href = ""] = TARGET.exec(text) ?? [];
  return isSafe(href) ? { href, length: whole.length } : undefined;
}

/** Whether an address runs nothing when it is opened. */
function isSafe(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && PROTOCOLS.includes(url.protocol);
}
