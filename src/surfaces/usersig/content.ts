import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import { AnyContent, bodyJson, StoredBody } from "../../domain/messages/content.ts";
import type { Draft, Message } from "../../domain/messages/message.ts";
import { fileOfUrl } from "../../http/file-url.ts";
import { parseJson, requireSound } from "../../http/json.ts";

/** The content types of strings. */
export const ContentType = z.enum(["text", "image", "audio", "video", "file"]);
type ContentType = z.infer<typeof ContentType>;

/**
 * The kind and body for `content`: a text, or the URL of a medium. Content that is no string becomes a custom
 * message.
 * @throws `validation_failed`
 */
export function readContent(content: unknown, type: ContentType): Pick<Draft, "kind" | "body"> {
  const parsed = AnyContent.safeParse(contentOf(content, type));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid("content", issue?.message ?? "cannot be sent");
  }
  return { kind: parsed.data.kind, body: bodyJson(parsed.data) };
}

function contentOf(content: unknown, type: ContentType): unknown {
  if (typeof content !== "string") {
    return { kind: "custom", body: { data: JSON.stringify(content), description: "", extension: "" } };
  }
  return { kind: type, body: type === "text" ? { text: content } : { url: content } };
}

const Text = z.object({ text: z.string() });
const Custom = z.object({ data: z.string() });
const Medium = z.object({
  url: z.string(),
  name: z.string().optional(),
  size: z.number().optional(),
  content_type: z.string().optional(),
});

/** The inverse of `readContent`. A kind without a content type here is written as its stored body. */
export function writeContent({ kind, body, revoked }: Pick<Message, "kind" | "body" | "revoked">) {
  const stored = StoredBody.parse(JSON.parse(body));
  if (revoked) return { content: "", content_type: kind, file: null };
  if (kind === "text") return { content: Text.parse(stored).text, content_type: kind, file: null };
  if (kind === "custom")
    return { content: jsonOf(Custom.parse(stored).data), content_type: kind, file: null };
  if (!ContentType.safeParse(kind).success) return { content: stored, content_type: kind, file: null };
  const medium = Medium.parse(stored);
  return { content: medium.url, content_type: kind, file: fileOf(medium) };
}

function fileOf({ url, name, size, content_type }: z.infer<typeof Medium>) {
  const file = fileOfUrl(url);
  return {
    ...{ id: file.key ?? "", name: name ?? file.name, size: size ?? 0 },
    ...{ content_type: content_type ?? "", url },
  };
}

/**
 * The parsed data of a custom message. Data from other APIs that is no JSON, or is nested too deep for
 * clients, stays a string.
 */
function jsonOf(data: string): unknown {
  try {
    const value = parseJson(data, "data");
    requireSound(value, "data");
    return value;
  } catch {
    return data;
  }
}
