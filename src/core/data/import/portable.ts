import { z } from "zod";
import type { PortableMark, PortableMessage } from "../../../domain/data/portable-message.ts";
import { ExportedContent, type MessageRecord } from "../../../domain/data/records.ts";
import { attempt, invalid } from "../../../domain/errors.ts";
import { type ConversationId, NOBODY, Seq, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import {
  AnyContent,
  type BodyJson,
  bodyJson,
  EMPTY_BODY,
  Kind,
  Notice,
  SystemEvent,
} from "../../../domain/messages/content.ts";
import { mergedTooLarge } from "../../../domain/messages/copies/merged.ts";
import type { Mentions } from "../../../domain/messages/message.ts";
import { type PollBody, pollText } from "../../../domain/messages/polls.ts";
import { ReactionKey } from "../../../domain/messages/reactions.ts";
import { SystemMessageDetails } from "../../../domain/messages/system-message.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import { exceedsBytes } from "../../../domain/text.ts";

/** What an import knows of what records name; undefined: it is not there. */
export interface ImportRefs {
  user(ref: ExternalId): UserId | undefined;
  conversation(ref: ExternalId): ConversationId | undefined;
  /** the URL of a file, as it is stored */
  file(ref: ExternalId): string | undefined;
  /** the conversation of the message: a merged message whose items are of unknown ones came from here */
  own: ConversationId;
}

/** A record as a conversation takes it, and what of it has no place here. */
interface Portable {
  message: PortableMessage;
  notes: string[];
}

/** The content of a message, as it is stored. */
interface StoredContent {
  kind: Kind;
  body: BodyJson;
  details?: string | undefined;
  subject?: ExternalId | undefined;
  poll?: PollBody;
}

/**
 * A message of a file as a conversation stores it.
 * @throws `validation_failed` for a sender or a file that is not there, and for content that nobody could
 *   send
 */
export function portableMessage(record: MessageRecord, refs: ImportRefs): Portable {
  const notes: string[] = [];
  const known = <T>(found: T | undefined, what: string): T[] => {
    if (found === undefined) notes.push(`${what} is not there`);
    return found === undefined ? [] : [found];
  };
  const userOf = (ref: ExternalId, what: string) => known(refs.user(ref), `${what} ${ref}`);
  const mentionsOf = (some: "all" | ExternalId[] = []): Mentions =>
    some === "all" ? "all" : some.flatMap((ref) => userOf(ref, "the mentioned user"));
  const senderId = record.sender === null ? NOBODY : refs.user(record.sender);
  if (senderId === undefined) throw invalid("sender", `must be a user with a record: ${record.sender}`);
  const { revoked, forwarded, thread, pinned } = record;
  const content: StoredContent = revoked
    ? { kind: storedKind(record.kind), body: EMPTY_BODY }
    : contentOf(record.kind, record.body, refs);
  const origin = forwarded && {
    conversation: refs.conversation(forwarded.conversation),
    sender: forwarded.sender === null ? NOBODY : refs.user(forwarded.sender),
  };
  if (origin && (origin.conversation === undefined || origin.sender === undefined))
    notes.push("the first message of its forwards is not there");
  const version = record.version ?? (record.edited_at === undefined ? 1 : (record.edits?.length ?? 0) + 2);
  const message: PortableMessage = {
    externalId: record.external_id,
    senderId,
    hook: (senderId === NOBODY && record.hook) || null,
    kind: content.kind,
    body: content.body,
    createdAt: record.created_at,
    quoted: record.reply_to ?? null,
    thread: thread ? { root: thread.root, alsoInMain: thread.also_in_main } : null,
    mentions: mentionsOf(record.mentions),
    alsoMentioned: record.also_mentions?.flatMap((ref) => userOf(ref, "the mentioned user")) ?? null,
    forwarded:
      forwarded && origin?.conversation !== undefined && origin.sender !== undefined
        ? {
            conversationId: origin.conversation,
            seq: Seq.parse(forwarded.seq),
            senderId: origin.sender,
            createdAt: forwarded.created_at,
          }
        : null,
    clientTime: record.client_time ?? null,
    priority: record.priority ?? null,
    customData: record.custom_data ?? null,
    metadata: (record.metadata && writeMetadata(record.metadata)) || null,
    buttons: (!revoked && record.buttons) || null,
    isSilent: record.silent ?? false,
    details: content.details ?? null,
    subject: content.subject ?? null,
    place: record.place ?? null,
    poll: content.poll ?? null,
    pollClosedAt: record.closed_at ?? 0,
    version,
    editedAt: record.edited_at ?? null,
    edits: revoked ? [] : editsOf(record, refs, mentionsOf, notes),
    reactions: revoked ? [] : marksOf(record.reactions ?? [], ({ key }) => reactionKey(key, notes), userOf),
    votes: revoked
      ? []
      : marksOf(record.votes ?? [], ({ option }) => optionOf(option, content.poll, notes), userOf),
    pinned: pinned
      ? (userOf(pinned.by, "who pinned it,").map((by) => ({ at: pinned.at, by }))[0] ?? null)
      : null,
    revoked: revoked ? { by: (revoked.by && refs.user(revoked.by)) || null } : null,
    hiddenBy: (record.hidden_by ?? []).flatMap((ref) => userOf(ref, "who has hidden it,")),
  };
  if (message.customData !== null && exceedsBytes(message.customData, LIMITS.bodyBytes))
    throw invalid("custom_data", `must be at most ${LIMITS.bodyBytes} bytes`);
  return { message, notes };
}

/** The kind under which a message is stored: a poll is a text, too. */
function storedKind(kind: string): Kind {
  if (kind === "poll") return "text";
  return kind === "system" ? "tip" : Kind.catch("text").parse(kind);
}

/** @throws `validation_failed` */
function contentOf(kind: string, body: unknown, refs: ImportRefs): StoredContent {
  const content = parsed(ExportedContent, { kind, body });
  switch (content.kind) {
    case "poll":
      return { kind: "text", body: bodyJson(pollText(content.body)), poll: content.body };
    case "system":
      return systemContent(content.body, refs);
    case "merged": {
      const merged = JSON.stringify(mergedBody(content.body, refs, 1));
      if (exceedsBytes(merged, LIMITS.mergedBytes)) throw mergedTooLarge();
      return { kind: "merged", body: merged };
    }
    case "image":
    case "audio":
    case "video":
    case "file": {
      const { file, ...medium } = content.body;
      const url = file === undefined ? medium.url : refs.file(file);
      if (url === undefined) throw invalid("body.file", `must be a file with a record: ${file}`);
      return sendable(content.kind, { ...medium, url });
    }
    default:
      return sendable(content.kind, content.body);
  }
}

/** Content of the kinds that users send. @throws `validation_failed` */
function sendable(kind: Kind, body: unknown): StoredContent {
  return { kind, body: bodyJson(parsed(AnyContent, { kind, body })) };
}

/** @throws `validation_failed` with the first flaw */
function parsed<Schema extends z.ZodType>(schema: Schema, content: object): z.output<Schema> {
  const given = schema.safeParse(content);
  if (given.success) return given.data;
  const [issue] = given.error.issues;
  throw invalid(issue?.path.join(".") || "body", issue?.message ?? "must be that of its kind");
}

type SystemBody = Extract<ExportedContent, { kind: "system" }>["body"];

function systemContent(body: SystemBody, refs: ImportRefs): StoredContent {
  if ("text" in body) return { kind: "tip", body: bodyJson({ body: Notice.parse(body) }) };
  const event = SystemEvent.safeParse(body.event);
  const actor = refs.user(body.actor);
  if (!event.success) throw invalid("body.event", `must be one of ${SystemEvent.options.join(", ")}`);
  if (actor === undefined) throw invalid("body.actor", `must be a user with a record: ${body.actor}`);
  const users = body.users.flatMap((ref) => refs.user(ref) ?? []);
  const { details: given } = body;
  const details = SystemMessageDetails.safeParse({
    groupName: given?.group_name ?? "",
    memberCount: given?.member_count ?? 0,
    role: given?.role,
    mutedForS: given?.muted_for_s,
    profile: given?.profile,
  });
  return {
    kind: "tip",
    body: JSON.stringify({ event: event.data, actor_id: actor, user_ids: users }),
    details: details.success ? JSON.stringify(details.data) : undefined,
    subject: body.message,
  };
}

type MergedBody = Extract<ExportedContent, { kind: "merged" }>["body"];

/**
 * A merged message as it is stored. @throws `validation_failed` for one that is nested too deep, and for what
 * is not there
 */
function mergedBody({ title, items }: MergedBody, refs: ImportRefs, depth: number): unknown {
  if (depth > LIMITS.mergedDepth)
    throw invalid("body.items", `merged messages may hold each other ${LIMITS.mergedDepth} deep at most`);
  return {
    title,
    items: items.map((item) => {
      const conversation = refs.conversation(item.conversation) ?? refs.own;
      const sender = item.sender === null ? NOBODY : refs.user(item.sender);
      const shown = item.sender === null && {
        ...{ sender_name: item.sender_name ?? "", sender_avatar: item.sender_avatar ?? "" },
      };
      if (sender === undefined) throw invalid("body.items", "must name users with a record");
      const nested = item.kind === "merged" ? ExportedContent.safeParse(item) : null;
      const body =
        nested?.success && nested.data.kind === "merged"
          ? mergedBody(nested.data.body, refs, depth + 1)
          : z.json().parse(JSON.parse(contentOf(item.kind, item.body, refs).body));
      return {
        ...{ conversation_id: conversation, seq: item.seq, sender_id: sender, ...shown },
        ...{ kind: storedKind(item.kind), created_at: item.created_at, body },
      };
    }),
  };
}

/** The former versions that can be stored. */
function editsOf(
  { kind, edits = [] }: MessageRecord,
  refs: ImportRefs,
  mentionsOf: (some?: "all" | ExternalId[]) => Mentions,
  notes: string[],
): PortableMessage["edits"] {
  return edits.slice(-LIMITS.formerVersions).flatMap(({ version, created_at: at, body, mentions }) => {
    const content = attempt(() => contentOf(kind, body, refs));
    if (content.ok) return { version, at, body: content.value.body, mentions: mentionsOf(mentions) };
    notes.push("a former version cannot be stored");
    return [];
  });
}

/** Marks in their order, each of a user once. */
function marksOf<Given extends { user: ExternalId; at: number }, Mark extends string | number>(
  given: readonly Given[],
  markOf: (one: Given) => Mark | undefined,
  userOf: (ref: ExternalId, what: string) => UserId[],
): PortableMark<Mark>[] {
  const seen = new Set<string>();
  return given.flatMap((one) => {
    const mark = markOf(one);
    const [userId] = userOf(one.user, "the user of a reaction or vote,");
    if (mark === undefined || userId === undefined || seen.has(`${userId} ${mark}`)) return [];
    seen.add(`${userId} ${mark}`);
    return { userId, mark, at: one.at };
  });
}

function optionOf(option: number, poll: PollBody | undefined, notes: string[]): number | undefined {
  if (poll && option < poll.options.length) return option;
  notes.push("a vote is for no option of its poll");
  return undefined;
}

function reactionKey(key: string, notes: string[]): string | undefined {
  const given = ReactionKey.safeParse(key);
  if (!given.success) notes.push(`the reaction ${key} has no place here`);
  return given.data;
}
