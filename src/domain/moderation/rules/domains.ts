import { INVISIBLE, type OnMatch, type TextView, WITHOUT_SPACES } from "./text-view.ts";

/** A host of more characters does not exist. The encoding of a label takes the square of its length. */
const MAX_HOST = 253;
const HOST = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;
const PART = /[\p{L}\p{M}\p{N}_\-.\u3002]/u;
const SPACELESS_RUN = new RegExp(`${WITHOUT_SPACES.source}+`, "gu");

/** A domain in lower case, its labels in Punycode, or null if the text is no domain of several labels. */
export function asciiHost(domain: string): string | null {
  if (domain.length > MAX_HOST || !/^[^\0-,/:-@[-^`{-\x7f]+$/.test(domain)) return null;
  const lower = domain.toLowerCase();
  const host = HOST.test(lower) ? lower : URL.parse(`http://${domain}/`)?.hostname;
  return host !== undefined && HOST.test(host) ? host : null;
}

/** Finds hosts in a text: those of URLs, of addresses of mail, and by themselves. */
export class DomainMatcher {
  readonly #rules = new Map<string, number[]>();

  add(domain: string, rule: number): void {
    const host = asciiHost(domain) ?? domain;
    this.#rules.set(host, [...(this.#rules.get(host) ?? []), rule]);
  }

  search({ chars }: TextView, report: OnMatch): void {
    if (this.#rules.size === 0) return;
    let run = "";
    /** For each UTF-16 unit of `run`, where it is in `chars`. */
    let places: number[] = [];
    for (let at = 0; at <= chars.length; at++) {
      const char = chars[at] ?? " ";
      if (INVISIBLE.test(char)) continue;
      if (PART.test(char)) {
        const part = char === "\u3002" ? "." : char;
        run += part;
        for (let unit = 0; unit < part.length; unit++) places.push(at);
      } else if (run !== "") {
        if (run.includes(".")) this.#searchRun(run, places, report);
        run = "";
        places = [];
      }
    }
  }

  /** In Chinese a domain may stand between words without a space, so the run is looked at in pieces too. */
  #searchRun(run: string, places: number[], report: OnMatch): void {
    this.#searchHost(run, 0, places, report);
    let from = 0;
    for (const { 0: other, index } of run.matchAll(SPACELESS_RUN)) {
      this.#searchHost(run.slice(from, index), from, places, report);
      from = index + other.length;
    }
    if (from > 0) this.#searchHost(run.slice(from), from, places, report);
  }

  #searchHost(piece: string, offset: number, places: number[], report: OnMatch): void {
    const end = piece.length - (/(?<!\.)\.+$/.exec(piece.slice(-MAX_HOST))?.[0].length ?? 0);
    const tail = piece.slice(Math.max(0, end - MAX_HOST), end);
    // What is cut off belongs to a label before: that one is not looked up.
    const text = tail.replace(/^\.+/, "");
    if (!text.includes(".")) return;
    const host = asciiHost(text);
    if (host === null) return;
    for (let dot = -1; ; ) {
      const rules = this.#rules.get(host.slice(dot + 1));
      const [first, last] = [places[offset + end - text.length], places[offset + end - 1]];
      if (rules && first !== undefined && last !== undefined)
        for (const rule of rules) report(rule, first, last + 1);
      dot = host.indexOf(".", dot + 1);
      if (dot < 0) return;
    }
  }
}
