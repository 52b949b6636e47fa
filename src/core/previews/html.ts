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
/** A page names its encoding within so many bytes. */
const ENCODING_BYTES = 1_024;
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
  const metas = new Map<string, string>();
  let titles = 0;
  let title = "";
  const rewriter = new HTMLRewriter()
    .on("title", {
      element: () => void titles++,
      // A picture within the page may have a title, too.
      text: ({ text }) => {
        if (titles === 1 && title.length < MAX_RAW) title += text;
      },
    })
    .on("meta", {
      element(meta) {
        const name = (meta.getAttribute("property") ?? meta.getAttribute("name") ?? "").toLowerCase();
        const content = meta.getAttribute("content") ?? "";
        if (READ.has(name) && !metas.has(name) && content.trim() !== "") metas.set(name, content);
      },
    });
  const page = new Response(decoded(body, contentType), { headers: { "Content-Type": "text/html" } });
  await rewriter.transform(page).arrayBuffer();
  const first = (names: readonly string[]) => names.map((name) => metas.get(name)).find(Boolean) ?? "";
  return {
    title: plain(first(TITLE), MAX_TITLE) || plain(title, MAX_TITLE),
    description: plain(first(DESCRIPTION), MAX_DESCRIPTION),
    siteName: plain(first(SITE_NAME), MAX_SITE_NAME),
    image: decodeHTML(first(IMAGE).slice(0, MAX_RAW)).trim(),
  };
}

/** The text of a page in the encoding that it names, or in UTF-8. What is wrong in it becomes U+FFFD. */
function decoded(body: Uint8Array, contentType: string): string {
  const beginning = new TextDecoder("latin1").decode(body.subarray(0, ENCODING_BYTES));
  const [, label = "utf-8"] = CHARSET.exec(contentType) ?? CHARSET.exec(beginning) ?? [];
  return decoderOf(label).decode(body);
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
