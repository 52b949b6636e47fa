import { z } from "zod";
import { excess } from "../errors.ts";
import { UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { exceedsBytes, textUpTo } from "../text.ts";

const url = z.url({ protocol: /^https?$/, error: "must be an http(s) URL" }).max(LIMITS.url);

const Media = z.object({
  url,
  name: textUpTo(255).optional(),
  size: z.int().nonnegative().optional(),
  content_type: z.string().max(255).optional(),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  duration_ms: z.int().nonnegative().optional(),
});

/** What a user can send: `kind` says which body. */
export const Content = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), body: z.object({ text: textUpTo(LIMITS.text) }) }),
  z.object({ kind: z.literal("image"), body: Media }),
  z.object({ kind: z.literal("audio"), body: Media }),
  z.object({ kind: z.literal("video"), body: Media }),
  z.object({ kind: z.literal("file"), body: Media }),
  z.object({
    kind: z.literal("location"),
    body: z.object({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      address: textUpTo(500).optional(),
    }),
  }),
  z.object({ kind: z.literal("face"), body: z.object({ index: z.string(), data: z.string() }) }),
  z.object({
    kind: z.literal("custom"),
    body: z.object({ data: z.string(), description: z.string(), extension: z.string() }),
  }),
]);
export type Content = z.infer<typeof Content>;

/** The kinds of message. A `merged` one holds snapshots of others; a `tip` is made by the server alone. */
export const Kind = z.enum([
  ...["text", "image", "audio", "video", "file", "location", "face", "custom"],
  ...["merged", "tip"],
] as const);
export type Kind = z.infer<typeof Kind>;

/** What a tip tells of a group. */
export const SystemEvent = z.enum(["joined", "left", "removed", "role", "muted", "owner", "profile"]);
export type SystemEvent = z.infer<typeof SystemEvent>;

/** The body of a tip: what happened, who did it, and to whom. */
export const SystemMessage = z.object({ event: SystemEvent, actor_id: UserId, user_ids: z.array(UserId) });
export type SystemMessage = z.infer<typeof SystemMessage>;

/** A body as it is stored and read back: the JSON text of an object that `Content` has let through. */
export type BodyJson = string;

/** What a revoked message holds. */
export const EMPTY_BODY: BodyJson = "{}";

/** Reads a stored body. It was checked when it was sent, so only its being an object is asked. */
export const StoredBody = z.record(z.string(), z.json());

/**
 * The JSON text of a body, as it is stored.
 * @throws `validation_failed` over 32 KiB of UTF-8
 */
export function bodyJson(content: Content): BodyJson {
  const json = JSON.stringify(content.body);
  if (exceedsBytes(json, LIMITS.bodyBytes)) throw excess("body", LIMITS.bodyBytes);
  return json;
}

const part = z.string().optional();
const Previewed = z.object({ text: part, name: part, title: part });

/** What is shown of a quoted message: the beginning of its text, a file's name, a merged one's title, or nothing. */
export function previewText(body: BodyJson): string {
  const { text, name, title } = Previewed.parse(JSON.parse(body));
  return [...(text ?? name ?? title ?? "").slice(0, 2 * LIMITS.quotePreview)]
    .slice(0, LIMITS.quotePreview)
    .join("");
}

/** A body as lists of conversations have it: what a merged message holds is left out, as it may be much. */
export function listedBody(kind: Kind, body: BodyJson): BodyJson {
  if (kind !== "merged" || body === EMPTY_BODY) return body;
  const { title } = Previewed.parse(JSON.parse(body));
  return JSON.stringify({ title, items: [] });
}

/** Which field of a body is searched, by kind; null: there are no words in it. */
const SEARCHED: Record<Kind, "text" | "name" | "address" | "description" | "title" | null> = {
  text: "text",
  image: "name",
  audio: "name",
  video: "name",
  file: "name",
  location: "address",
  face: null,
  custom: "description",
  merged: "title",
  tip: null,
};

const Searchable = z.object({
  text: z.string().optional(),
  name: z.string().optional(),
  address: z.string().optional(),
  description: z.string().optional(),
  title: z.string().optional(),
});

/**
 * What of a message can be found: its text, the name of a file, an address, a description, a title; `""` where
 * it has none. What this gives for a stored body must stay what it was, or `FOLD_VERSION` be raised.
 */
export function searchText(kind: Kind, body: BodyJson): string {
  const field = SEARCHED[kind];
  return field === null ? "" : (Searchable.parse(JSON.parse(body))[field] ?? "");
}
