/** Where our Markdown would take a sign for a mark: `_` inside of words is none, nor is one `~` or `|`. */
const MARKS = /[*`\\]|~~|\|\||(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\[(?=[^\]\n]*\]\()/gu;
/** What would begin a quote or a list at the beginning of a line. */
const BEGINNINGS = /^([ \t]*)([>-])/gm;

/** A text as a text in our Markdown: none of its signs is a mark. */
export function plain(text: string): string {
  return text
    .replace(MARKS, (mark) => [...mark].map((sign) => `\\${sign}`).join(""))
    .replace(BEGINNINGS, "$1\\$2");
}
