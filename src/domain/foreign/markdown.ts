import { withEmoji } from "./emoji.ts";
import { KeptParts } from "./kept.ts";
import { link } from "./text.ts";

const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;
/** There are six levels of headings, and three here. */
const HEADING = /^((?:> ?){0,4}) {0,3}(#{1,3})#{0,3} +(.+)$/gm;
const HEADING_END = /(?<! ) +#+$/;
/** A picture that is a link, as badges are. */
const LINKED_IMAGE = /\[!\[([^[\]\n]*)\]\([^\s()]+(?: "[^"\n]*")?\)\]\(/g;
const IMAGE = /!\[([^[\]\n]*)\]\(([^\s()]+)(?: "[^"\n]*")?\)/g;
/** The title of a link, or its address between angles. */
const LINK_END = /\]\((?:<([^\s<>()]+)>|([^\s()<>]+))(?: +(?:"[^"\n]*"|'[^'\n]*'))?\)/g;
const TASK = /^([ \t>]*(?:[-*+]|\d{1,9}[.)]) )\[([ xX])\] /gm;
const PLUS = /^([ \t>]*)\+ /gm;
const STRONG = /(?<![\p{L}\p{N}_\\])__(?=[^\s_])((?:[^_\n]|_(?!_))+)(?<=\S)__(?![\p{L}\p{N}_])/gu;
const STRIKE = /(?<![~\p{L}\p{N}\\])~(?=[^\s~])([^~\n]*[^\s~])~(?![~\p{L}\p{N}])/gu;
const BARE = /<((?:https?:\/\/|mailto:)[^\s<>]+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,190})>/g;
const BREAK = /<br\s*\/?>|\\$/gim;
const IMAGE_TAG = /<img\s[^<>\n]{0,1000}>/gi;
/** The tags that GitHub and GitLab read. What else stands between angles is text. */
const TAG =
  /<\/?(?:a|abbr|b|big|blockquote|caption|center|code|col|dd|del|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|ins|kbd|li|ol|p|picture|pre|q|s|samp|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|ul|var|video)(?:\s[^<>\n]{0,1000})?\/?>/gi;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})$/gm;
/** Our parser takes fewer signs for escaped than Markdown does. */
const NEEDLESS_ESCAPE = /\\([!"$%&'()+,./:;<=?^{}])/g;
const ENTITY = /&(lt|gt|amp|quot|nbsp|#39|apos);/g;
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ lt: "<", gt: ">", amp: "&", quot: '"', nbsp: " ", "#39": "'", apos: "'" },
};

/**
 * Markdown as GitHub, GitLab, Gitea and Mattermost write it, as ours: it knows no pictures and no HTML, and
 * has spoilers, which they do not.
 * @param inText changes what is neither code nor a link
 */
export function fromMarkdown(source: string, inText: (text: string) => string = (same) => same): string {
  const kept = new KeptParts();
  const coded = kept.codeInLines(KeptParts.clean(source)).replace(COMMENT, "");
  const linked = coded
    .replace(LINKED_IMAGE, (_, label: string) => `[${label || "image"}](`)
    .replace(IMAGE, (_, label: string, url: string) => `[${label || "image"}](${url})`)
    .replace(IMAGE_TAG, (tag) => kept.keep(imageOf(tag)))
    .replace(LINK_END, (_, angled: string, bare: string) => `]${kept.keep(`(${angled ?? bare})`)}`)
    .replace(BARE, (_, address: string) => kept.keep(address));
  const text = kept
    .addresses(linked, withoutEntities)
    .replace(RULE, "")
    .replace(HEADING, (_, quote: string, level: string, heading: string) => {
      return `${quote}${level} ${heading.replace(HEADING_END, "")}`;
    })
    .replace(TASK, (_, bullet: string, mark: string) => bullet + (mark === " " ? "☐ " : "☑ "))
    .replace(PLUS, "$1- ")
    .replace(STRONG, "**$1**")
    .replace(STRIKE, "~~$1~~")
    .replace(BREAK, (sign) => (sign === "\\" ? "" : "\n"))
    .replace(TAG, "")
    .replaceAll("||", "\\|\\|")
    .replace(NEEDLESS_ESCAPE, "$1");
  return kept.restore(inText(withEmoji(withoutEntities(text))));
}

const withoutEntities = (text: string) => text.replace(ENTITY, (_, name: string) => ENTITIES[name] ?? "");

function imageOf(tag: string): string {
  const [, address = ""] = /\ssrc="([^"]*)"/i.exec(tag) ?? [];
  const [, label = ""] = /\salt="([^"]*)"/i.exec(tag) ?? [];
  return link(label || "image", address);
}
