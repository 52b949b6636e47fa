import { z } from "zod";
import { Buttons } from "../bots/buttons.ts";
import { CoreError, ErrorCode } from "../errors.ts";
import { fileKeysIn } from "../files/file-keys.ts";
import { STORED_ORIGIN } from "../files/file-origins.ts";
import { ConversationId, type FileKey, Seq, UserId } from "../ids.ts";
import { type BodyJson, Kind } from "./content.ts";
import type { DraftId } from "./draft.ts";
import {
  type AnyDraft,
  type Draft,
  type ForwardDraft,
  type Mentions,
  Priority,
  RoleMentions,
} from "./message.ts";
import { PollBody } from "./polls.ts";
import { ThreadPlace } from "./thread.ts";

/**
 * The id of a scheduled message. It is also the client message id of the send, unless the client has given
 * one.
 */
export const ScheduledId = z
  .string()
  .regex(/^scheduled-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .brand<"ScheduledId">();
export type ScheduledId = z.infer<typeof ScheduledId>;

/** What will show a file: a scheduled message or a stored draft, whose ids differ in their beginnings. */
export type FileHolderId = ScheduledId | DraftId;

/** A draft that waits in its author's inbox until it is due, or that was refused when it was. */
export interface ScheduledMessage {
  id: ScheduledId;
  conversationId: ConversationId;
  /** when it is due, in ms since 1970 by the clock of the inbox */
  sendAt: number;
  /** ms since 1970 */
  createdAt: number;
  draft: AnyDraft & { clientMsgId: string };
  /** why it was refused when it was due, and when (ms since 1970); null: it waits */
  failed: { code: ErrorCode; at: number } | null;
}

/** A new scheduled message. */
export type NewScheduledMessage = Pick<ScheduledMessage, "id" | "conversationId" | "sendAt" | "draft">;

/** A change of a scheduled message; absent fields are unchanged. */
export interface ScheduledChange {
  /** ms since 1970 */
  sendAt?: number;
  /** replaces kind and body, or what was to be copied; `poll`: it is a poll, and these are its text */
  content?: { kind: Kind; body: BodyJson; poll?: PollBody };
  mentions?: Mentions;
  /** null: the message quotes nothing */
  quoteSeq?: Seq | null;
}

/** What happened to a scheduled message, as devices are told. */
export const ScheduledEvent = z.enum(["created", "changed", "deleted", "sent", "failed"]);
export type ScheduledEvent = z.infer<typeof ScheduledEvent>;

/** A place in the list of scheduled messages, which is in this order. */
export const ScheduledPosition = z.tuple([z.int(), z.int()]);
/** `[sendAt, n]`; `n` rises with each new scheduled message of a user. */
export type ScheduledPosition = z.infer<typeof ScheduledPosition>;

/** The fields of a draft, but those that make its content. */
const envelope = {
  clientMsgId: z.string(),
  quoteSeq: Seq.optional(),
  thread: ThreadPlace.optional(),
  mentions: z.union([z.array(UserId), z.literal("all")]),
  alsoMentioned: z.array(UserId).optional(),
  roleMentions: RoleMentions.optional(),
  priority: Priority.optional(),
  customData: z.string().optional(),
  metadata: z.string().optional(),
  silent: z.literal(true).optional(),
  noPreview: z.literal(true).optional(),
} satisfies Record<Exclude<keyof ForwardDraft, "copy">, z.ZodType>;

/** The fields of a draft with content of its own. A new field of drafts needs one here to compile. */
const own = {
  ...envelope,
  clientTime: z.int().optional(),
  kind: Kind,
  body: z.string(),
  place: z.string().optional(),
  poll: PollBody.optional(),
  buttons: Buttons.optional(),
} satisfies Record<Exclude<keyof Draft, "forwarded" | "rendered" | "shadowed" | "hookOrigin">, z.ZodType>;

const Reference = z.object({ conversationId: ConversationId, seq: Seq });

const copy = z.discriminatedUnion("type", [
  z.object({ type: z.literal("forward"), source: Reference }),
  z.object({ type: z.literal("merged"), title: z.string(), items: z.array(Reference) }),
]);

const OwnDraft = z.object(own);
const ScheduledDraft = z.union([z.object({ ...envelope, copy }), OwnDraft]);

/** The draft of a scheduled message as its inbox stores it, in JSON. */
export function readDraft(json: string): ScheduledMessage["draft"] {
  const { quoteSeq, ...draft } = ScheduledDraft.parse(JSON.parse(json));
  return { ...draft, quoteSeq };
}

/** A draft with content of its own, in JSON. */
export function readOwnDraft(json: string): Omit<Draft, "forwarded" | "rendered" | "hookOrigin"> {
  const { quoteSeq, ...draft } = OwnDraft.parse(JSON.parse(json));
  return { ...draft, quoteSeq };
}

/** The draft with a change. */
export function changedDraft(
  draft: ScheduledMessage["draft"],
  { content, mentions, quoteSeq }: ScheduledChange,
): ScheduledMessage["draft"] {
  const changes = {
    // As an edit does: they replace those of roles, too.
    ...(mentions !== undefined && { mentions, roleMentions: undefined }),
    ...(quoteSeq !== undefined && { quoteSeq: quoteSeq ?? undefined }),
  };
  if (!content) return { ...draft, ...changes };
  const {
    clientMsgId,
    thread,
    alsoMentioned,
    roleMentions,
    priority,
    customData,
    metadata,
    silent,
    noPreview,
  } = draft;
  const beside = { alsoMentioned, roleMentions, priority, customData, metadata, silent, noPreview };
  const buttons = "copy" in draft ? undefined : draft.buttons;
  const kept = { clientMsgId, thread, ...beside, ...(buttons && { buttons }), mentions: draft.mentions };
  return { ...kept, quoteSeq: draft.quoteSeq, ...changes, ...content };
}

/** The files of this server that a draft shows by its own content. */
export function filesOf(draft: AnyDraft): FileKey[] {
  return "copy" in draft ? [] : fileKeysIn(`${draft.body} ${draft.customData ?? ""}`);
}

const Media = z.object({ url: z.string() });

/** The file of this server that a draft consists of; null: it consists of none. */
export function fileOf(draft: AnyDraft): FileKey | null {
  if ("copy" in draft || !draft.body.includes(STORED_ORIGIN)) return null;
  const { data } = Media.safeParse(JSON.parse(draft.body));
  return data?.url.startsWith(STORED_ORIGIN) ? (fileKeysIn(data.url)[0] ?? null) : null;
}

/** The `not_found` for a message whose file is deleted. */
export function noSuchFile(): CoreError {
  return new CoreError("not_found", "There is no such file. Use the URL of a file that exists.");
}

/** The `not_found` for a scheduled message that was never made, is sent, or is of another user. */
export function noScheduled(): CoreError {
  const detail = "There is no such scheduled message of yours. It may have been sent.";
  return new CoreError("not_found", detail, { missing: "message" });
}

/** The code of a refusal, as an inbox has stored it. */
export function readFailure(code: string): ErrorCode {
  return ErrorCode.catch("internal").parse(code);
}
