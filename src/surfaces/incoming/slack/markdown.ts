import { link, outsideCode } from "../text.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
/** `<https://…|label>`, `<@U1|name>`, `<#C1|name>`, `<!here>`, `<!date^…^{date}^…|text>` */
const ANGLED = /<([^<>|\n]+)(?:\|([^<>\n]*))?>/g;
const BOLD = /(?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\p{L}\p{N}*])/gu;
const STRIKE = /(?<![\p{L}\p{N}~])~(?=[^\s~])([^~\n]*[^\s~])~(?![\p{L}\p{N}~])/gu;
const BULLET = /^([ \t]*)[•◦▪] */gm;

/** Slack's markup (`mrkdwn`) as our Markdown. */
export function fromMrkdwn(text: string): string {
  return outsideCode(text, (part) =>
    withStyles(part)
      .replace(ANGLED, (_, target: string, label = "") => angled(target, label))
      .replace(BULLET, "$1- "),
  ).replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

/** Links keep their signs: an address may hold `*` or `~`. */
function withStyles(text: string): string {
  const parts = text.split(/(<[^<>\n]+>)/);
  return parts
    .map((part, i) => (i % 2 === 1 ? part : part.replace(BOLD, "**$1**").replace(STRIKE, "~~$1~~")))
    .join("");
}

function angled(target: string, label: string): string {
  if (target.startsWith("@")) return `@${label || target.slice(1)}`;
  if (target.startsWith("#")) return `#${label || target.slice(1)}`;
  if (target.startsWith("!")) return label || `@${target.slice(1).replace(/\^.*/, "")}`;
  return link(label === target ? "" : label, target.replaceAll("&amp;", "&"));
}
