/** What starts KMarkdown: a mark, one of its tags, the address of a link, a quote or a rule. */
const MARKS = /[\\*~`]|\((?=(?:met|chn|rol|emj|ins|spl)\))|\](?=\()|^>|^-(?=--)/gm;

/** A plain text as KMarkdown. */
export function escaped(text: string): string {
  return text.replace(MARKS, "\\$&");
}

/** KMarkdown without the backslashes before its signs. */
export function unescaped(kmarkdown: string): string {
  return kmarkdown.replace(/\\(.)/gs, "$1");
}
