import type { OutboxItem } from "parley-client";
import { webAddress } from "../../../../src/domain/markup/links.ts";

/** A picture, a recording, a video or another file. What the sender did not say is empty or 0. */
export interface MediaBody {
  readonly url: string;
  readonly name: string;
  readonly caption: string;
  /** bytes */
  readonly size: number;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  /** ms */
  readonly duration: number;
  /** loudness from 0 to 100, from the beginning to the end */
  readonly waveform: readonly number[];
  readonly transcript: string;
}

/** A message in a merged one, as it was when they were merged. */
export interface MergedPart {
  readonly id: string;
  readonly senderId: number;
  readonly sender: string;
  readonly avatar: string;
  /** ms since 1970 */
  readonly at: number;
  readonly content: Content;
}

/** What a message says, whichever way it came. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image" | "audio" | "video" | "file"; readonly media: MediaBody }
  | {
      readonly kind: "location";
      readonly latitude: number;
      readonly longitude: number;
      readonly address: string;
    }
  | { readonly kind: "face"; readonly index: string; readonly data: string }
  | { readonly kind: "custom"; readonly description: string }
  | { readonly kind: "merged"; readonly title: string; readonly parts: readonly MergedPart[] }
  | { readonly kind: "poll"; readonly question: string }
  | { readonly kind: "tip" | "other" };

/** What a body says. Bodies within others come as they are, so each field is looked at. */
export function contentOf(kind: string, body: unknown): Content {
  const from = new Fields(body);
  switch (kind) {
    case "text":
    case "system":
      return { kind: "text", text: from.text("text") };
    case "image":
    case "audio":
    case "video":
    case "file":
      return { kind, media: mediaOf(from) };
    case "location":
      return {
        kind,
        latitude: from.number("latitude"),
        longitude: from.number("longitude"),
        address: from.text("address"),
      };
    case "face":
      return { kind, index: from.text("index"), data: from.text("data") };
    case "custom":
      return { kind, description: from.text("description") };
    case "merged":
      return { kind, title: from.text("title"), parts: from.list("items").map(partOf) };
    case "poll":
      return { kind, question: from.text("question") };
    case "tip":
      return { kind };
    default:
      return { kind: "other" };
  }
}

function mediaOf(from: Fields): MediaBody {
  return {
    url: webAddress(from.text("url")),
    name: from.text("name"),
    caption: from.text("caption"),
    size: from.number("size"),
    width: from.number("width"),
    height: from.number("height"),
    duration: from.number("duration_ms"),
    waveform: from.list("waveform").filter((one) => typeof one === "number"),
    transcript: from.text("transcript"),
  };
}

function partOf(item: unknown): MergedPart {
  const from = new Fields(item);
  const sender = new Fields(from.value("sender"));
  return {
    id: `${from.number("conversation_id")} ${from.number("seq")}`,
    senderId: sender.number("id"),
    sender: sender.text("nickname") || sender.text("username"),
    avatar: webAddress(sender.text("avatar")),
    at: from.number("created_at"),
    content: contentOf(from.text("kind"), from.value("body")),
  };
}

/** What a message says that waits to be sent. One that is forwarded has its words elsewhere. */
export function contentOfItem({ message }: Pick<OutboxItem, "message">): Content {
  return "kind" in message ? contentOf(message.kind, message.body) : { kind: "other" };
}

/** What the sender has written: a text, a caption or a question. */
export function textOf(content: Content): string {
  if ("media" in content) return content.media.caption;
  if (content.kind === "poll") return content.question;
  return content.kind === "text" ? content.text : "";
}

/** The fields of what may be an object. */
class Fields {
  readonly #of: Readonly<Record<string, unknown>>;

  constructor(of: unknown) {
    this.#of = typeof of === "object" && of !== null ? { ...of } : {};
  }

  value(name: string): unknown {
    return this.#of[name];
  }

  text(name: string): string {
    const value = this.#of[name];
    return typeof value === "string" ? value : "";
  }

  number(name: string): number {
    const value = this.#of[name];
    return typeof value === "number" ? value : 0;
  }

  list(name: string): readonly unknown[] {
    const value = this.#of[name];
    return Array.isArray(value) ? value : [];
  }
}
