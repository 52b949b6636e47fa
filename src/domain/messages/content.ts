import { z } from "zod";
import { excess } from "../errors.ts";
import { httpUrl } from "../http-url.ts";
import { Seq, UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { plainText } from "../markup/plain.ts";
import { hasVisible, withoutHidden } from "../names/characters.ts";
import { exceedsBytes, nameUpTo, textUpTo } from "../text.ts";

const Media = z.object({
  url: httpUrl(LIMITS.url, "must be an http(s) URL"),
  name: nameUpTo(LIMITS.fileName).overwrite(withoutHidden).optional(),
  size: z.int().nonnegative().optional(),
  content_type: z.string().max(255).optional(),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  duration_ms: z.int().nonnegative().optional(),
  caption: textUpTo(LIMITS.caption).optional().meta({
    description: "What the sender says of it: shown with it, and found by search",
  }),
});

const Audio = Media.extend({
  waveform: z.array(z.int().min(0).max(100)).max(LIMITS.waveform).optional().meta({
    description: "How loud the recording is from its beginning to its end, for a client that draws it",
  }),
  transcript: textUpTo(LIMITS.transcript).optional().meta({
    description: "What is said in the recording: sent with it or added by an edit, and found by search",
  }),
});

/** A text that people write: some of it can be seen. */
export const MessageText = textUpTo(LIMITS.textLength)
  .refine(hasVisible, "must have a visible character")
  .meta({ maxLength: LIMITS.textLength, description: "Not of blanks and invisible characters alone" });

/** All kinds of content but texts. */
const OTHERS = [
  z.object({ kind: z.literal("image"), body: Media }),
  z.object({ kind: z.literal("audio"), body: Audio }),
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
] as const;

/** The content that a user can send: `kind` selects the schema of `body`. */
export const Content = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), body: z.object({ text: MessageText }) }),
  ...OTHERS,
]);
export type Content = z.infer<typeof Content>;

/** The same, and texts of which nothing can be seen: an API may send them, and old messages have them. */
export const AnyContent = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), body: z.object({ text: textUpTo(LIMITS.textLength) }) }),
  ...OTHERS,
]);

/**
 * The kinds of message. A `merged` message holds snapshots of others; only the server writes a `tip` (system
 * message).
 */
export const Kind = z.enum([
  ...["text", "image", "audio", "video", "file", "location", "face", "custom"],
  ...["merged", "tip"],
] as const);
export type Kind = z.infer<typeof Kind>;

/** The events of a group and its members that system messages report. */
export const GroupEvent = z.enum(["joined", "left", "removed", "role", "muted", "owner", "profile"]);

/** The events that system messages report. `pinned`: a message was pinned. */
export const SystemEvent = z.enum([...GroupEvent.options, "pinned"]);
export type SystemEvent = z.infer<typeof SystemEvent>;

/**
 * The body of a system message: the event, its actor, the users it concerns, and for `pinned` the message.
 */
export const SystemMessage = z.object({
  ...{ event: SystemEvent, actor_id: UserId, user_ids: z.array(UserId) },
  seq: Seq.optional(),
});
export type SystemMessage = z.infer<typeof SystemMessage>;

/**
 * What a team's backend says by nobody: a message of the kind `tip`, of which all rules of system messages
 * hold. `event` and `data` are for clients of the team.
 */
export const Notice = z.object({
  text: textUpTo(LIMITS.textLength),
  event: textUpTo(LIMITS.noticeEvent).min(1).optional(),
  data: z.record(z.string(), z.json()).optional(),
});
export type Notice = z.infer<typeof Notice>;

/** A body as it is stored and read: the JSON text of an object that `Content` has validated. */
export type BodyJson = string;

/** Reads the body of a message of the kind `tip`. */
export function readTip(body: BodyJson): SystemMessage | { notice: Notice } {
  const stored: unknown = JSON.parse(body);
  const notice = Notice.safeParse(stored);
  return notice.success ? { notice: notice.data } : SystemMessage.parse(stored);
}

/** The body of a revoked message. */
export const EMPTY_BODY: BodyJson = "{}";

/**
 * The schema of a stored body. The body was validated when it was sent, so only the object itself is checked.
 */
export const StoredBody = z.record(z.string(), z.json());

/**
 * Serializes the body of a content for storage.
 * @throws `validation_failed` over 32 KiB of UTF-8
 */
export function bodyJson({ body }: Pick<Content, "body"> | { body: Notice }): BodyJson {
  const json = JSON.stringify(body);
  if (exceedsBytes(json, LIMITS.bodyBytes)) throw excess("body", LIMITS.bodyBytes);
  return json;
}

const optionalText = z.string().optional();
const Previewed = z.object({
  ...{ text: optionalText, caption: optionalText, name: optionalText, title: optionalText },
});

/**
 * What quotes and pushes show of a message: the beginning of what its text or caption shows, else a file's
 * name, or a merged message's title; else `""`.
 */
export function previewText(kind: Kind, body: BodyJson, isPoll: boolean): string {
  const { text, caption, name, title } = Previewed.parse(JSON.parse(body));
  const said = text ?? caption ?? "";
  // Nothing is a mark in a poll or a system message.
  const shown = kind === "tip" || isPoll ? previewOf(said) : plainText(said, LIMITS.quotePreview);
  return shown || previewOf(name ?? title ?? "");
}

/** The beginning of a text without marks, as long as the preview of a quoted message. */
export function previewOf(text: string): string {
  return [...text.slice(0, 2 * LIMITS.quotePreview)].slice(0, LIMITS.quotePreview).join("");
}

/** A body for lists of conversations: without the items of a merged message, as they may be large. */
export function listedBody(kind: Kind, body: BodyJson): BodyJson {
  if (kind !== "merged" || body === EMPTY_BODY) return body;
  const { title } = Previewed.parse(JSON.parse(body));
  return JSON.stringify({ title, items: [] });
}

const MEDIA_TEXTS = ["caption", "name"] as const;

/** The fields of a body that search indexes, by kind; none: the kind has no searchable text. */
const SEARCHED: Record<Kind, readonly (keyof z.infer<typeof Searchable>)[]> = {
  text: ["text"],
  image: MEDIA_TEXTS,
  audio: [...MEDIA_TEXTS, "transcript"],
  video: MEDIA_TEXTS,
  file: MEDIA_TEXTS,
  location: ["address"],
  face: [],
  custom: ["description"],
  merged: ["title"],
  tip: [],
};

/** The kinds of messages that a search can find. */
export const SEARCHABLE_KINDS: readonly Kind[] = Kind.options.filter((kind) => SEARCHED[kind].length > 0);

/** Between two searchable fields: no text and no query has it, so that none is found across both. */
const FIELD_END = "\u0000";

const Searchable = z.object({
  text: z.string().optional(),
  caption: z.string().optional(),
  name: z.string().optional(),
  transcript: z.string().optional(),
  address: z.string().optional(),
  description: z.string().optional(),
  title: z.string().optional(),
});

/**
 * The searchable text of a message: its text, caption and file name, address, description or title; `""` if
 * it has none.
 * A change of the result for stored bodies requires a higher `NORMALIZATION_VERSION`.
 */
export function searchText(kind: Kind, body: BodyJson): string {
  const fields = SEARCHED[kind];
  if (fields.length === 0) return "";
  const texts = Searchable.parse(JSON.parse(body));
  return fields.flatMap((field) => texts[field] || []).join(FIELD_END);
}
