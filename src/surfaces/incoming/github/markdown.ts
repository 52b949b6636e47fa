import { outsideCode } from "../text.ts";

const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;
const HEADING = /^ {0,3}#{1,6} +(.+)$/gm;
const HEADING_END = /(?<! ) +#+$/;
const IMAGE = /!\[([^[\]\n]*)\]\(([^\s()]+)(?: "[^"\n]*")?\)/g;
const TASK = /^([ \t]*[-*] )\[([ xX])\] /gm;
const STRONG = /(?<![\p{L}\p{N}_])__(?=\S)((?:[^_\n]|_(?!_))+)(?<=\S)__(?![\p{L}\p{N}_])/gu;
const BREAK = /<br\s*\/?>/gi;
const TAG = /<\/?[a-z][^<>\n]{0,500}>/gi;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})$/gm;

/** GitHub's Markdown as ours: it knows no headings, no pictures and no HTML. */
export function fromGitHub(text: string): string {
  return outsideCode(text.replace(/\r\n?/g, "\n").replace(COMMENT, ""), (part) =>
    part
      .replace(RULE, "")
      .replace(
        HEADING,
        (_, heading: string) => `**${heading.replace(HEADING_END, "").replaceAll("**", "")}**`,
      )
      .replace(IMAGE, (_, label: string, url: string) => `[${label || "image"}](${url})`)
      .replace(TASK, (_, bullet: string, mark: string) => bullet + (mark === " " ? "☐ " : "☑ "))
      .replace(STRONG, "**$1**")
      .replace(BREAK, "\n")
      .replace(TAG, ""),
  );
}
