import { decodeHTML } from "entities";
import { withoutHidden } from "../../domain/names/characters.ts";

/** What a page says of itself, as plain text. */
export interface PageFacts {
  title: string;
  description: string;
  siteName: string;
  /** an address as it is written there; `""`: it names no picture */
  image: string;
}

/** Code points that a preview shows. */
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 400;
const MAX_SITE_NAME = 60;
/** UTF-16 units that are looked at of each. */
const MAX_RAW = 4_096;
const UTF_8 = "utf-8";
const CHARSET = /charset\s*=[\s"']*([\w-]+)/i;

/** Names of `meta` elements, the preferred one first. */
const TITLE = ["og:title", "twitter:title"];
const DESCRIPTION = ["og:description", "twitter:description", "description"];
const SITE_NAME = ["og:site_name"];
const IMAGE = ["og:image:secure_url", "og:image", "og:image:url", "twitter:image"];
const READ = new Set([...TITLE, ...DESCRIPTION, ...SITE_NAME, ...IMAGE]);

/**
 * What a page says of itself. Nothing of it is run or rendered.
 * @param contentType as it was answered, which may name the encoding
 */
export async function readFacts(body: Uint8Array, contentType: string): Promise<PageFacts> {
  const label = markOf(body) ?? CHARSET.exec(contentType)?.[1];
  const page = await readPage(decoderOf(label ?? UTF_8).decode(body));
  const decoder = decoderOf(page.charset);
  // A page that names UTF-16 is none: its name could not be read otherwise.
  const isRight = label !== undefined || /^utf-/.test(decoder.encoding);
  const { metas, title } = isRight ? page : await readPage(decoder.decode(body));
  const first = (names: readonly string[]) => names.map((name) => metas.get(name)).find(Boolean) ?? "";
  return {
    title: plain(first(TITLE), MAX_TITLE) || plain(title, MAX_TITLE),
    description: plain(first(DESCRIPTION), MAX_DESCRIPTION),
    siteName: plain(first(SITE_NAME), MAX_SITE_NAME),
    image: decodeHTML(first(IMAGE).slice(0, MAX_RAW)).trim(),
  };
}

/** The elements of a page that say what it is, as they stand there. `charset`: the encoding that it names */
async function readPage(html: string) {
  const metas = new Map<string, string>();
  let charset = "";
  let titles = 0;
  let title = "";
  let isOfPicture = false;
  const rewriter = new HTMLRewriter()
    // A picture within the page has titles of its own. The handler of all titles comes after this one.
    .on("svg title", {
      element: () => void titles--,
      text: () => {
        isOfPicture = true;
      },
    })
    .on("title", {
      element: () => void titles++,
      text: ({ text }) => {
        if (titles === 1 && !isOfPicture && title.length < MAX_RAW) title += text;
        isOfPicture = false;
      },
    })
    .on("meta", {
      element(meta) {
        const name = (meta.getAttribute("property") ?? meta.getAttribute("name") ?? "").toLowerCase();
        const content = meta.getAttribute("content") ?? "";
        if (READ.has(name) && !metas.has(name) && content.trim() !== "") metas.set(name, content);
        const isType = meta.getAttribute("http-equiv")?.toLowerCase() === "content-type";
        charset ||= meta.getAttribute("charset") ?? (isType ? (CHARSET.exec(content)?.[1] ?? "") : "");
      },
    });
  const page = new Response(html, { headers: { "Content-Type": "text/html" } });
  await rewriter.transform(page).arrayBuffer();
  return { metas, charset, title };
}

/** The encoding that the first bytes of a page mark. It holds over all that it names. */
function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xef && second === 0xbb && third === 0xbf ? UTF_8 : undefined;
}

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

/** Raw text of a page as one line without hidden characters, cut to so many code points. */
function plain(raw: string, max: number): string {
  const line = decodeHTML(raw.slice(0, MAX_RAW))
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ");
  const points = [...withoutHidden(line).trim()];
  return points.length <= max
    ? points.join("")
    : `${points
        .slice(0, max - 1)
        .join("")
        .trimEnd()}…`;
}
