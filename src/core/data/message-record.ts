import { z } from "zod";
import type { PortableMessage } from "../../domain/data/portable-message.ts";
import type { ExportedEvent, MessageRecord } from "../../domain/data/records.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import { STORED_ORIGIN } from "../../domain/files/file-origins.ts";
import { ConversationId, NOBODY, SenderId, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type BodyJson, type Kind, readTip } from "../../domain/messages/content.ts";
import type { Mentions } from "../../domain/messages/message.ts";
import type { PollBody } from "../../domain/messages/polls.ts";
import { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import { readMetadata } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { exportedTime } from "../../domain/time.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { Refs } from "./refs.ts";

const Medium = z.looseObject({ url: z.string() });
const MergedBody = z.object({
  title: z.string(),
  items: z.array(
    z.object({
      conversation_id: ConversationId,
      seq: z.int(),
      sender_id: SenderId,
      sender_name: z.string().optional(),
      sender_avatar: z.string().optional(),
      kind: z.string(),
      created_at: z.int(),
      body: z.json(),
    }),
  ),
});

const Body = z.record(z.string(), z.json());

/** A message as a record of a file. `refs` have to know what it names. */
export function messageRecord(conversation: ExternalId, message: PortableMessage, refs: Refs): MessageRecord {
  const { edits, thread, forwarded, reactions, votes, pinned, revoked, hiddenBy } = message;
  const isPoll = message.poll !== null;
  const fields = {
    conversation,
    external_id: message.externalId,
    sender: senderOf(message.senderId, refs),
    ...(message.hook && { hook: message.hook }),
    created_at: exportedTime(message.createdAt),
    ...(message.quoted !== null && { reply_to: message.quoted }),
    ...(thread && { thread: { root: thread.root, also_in_main: thread.alsoInMain } }),
    ...(isNamed(message.mentions) && { mentions: mentionsOf(message.mentions, refs) }),
    ...(message.alsoMentioned && { also_mentions: message.alsoMentioned.map((id) => refs.user(id)) }),
    ...(forwarded && {
      forwarded: {
        conversation: refs.conversation(forwarded.conversationId),
        seq: forwarded.seq,
        sender: senderOf(forwarded.senderId, refs),
        created_at: exportedTime(forwarded.createdAt),
      },
    }),
    ...(message.editedAt !== null && { edited_at: exportedTime(message.editedAt) }),
    ...(message.version > 1 && { version: Math.min(message.version, LIMITS.versions) }),
    ...(edits.length > 0 && {
      edits: edits.map(({ version, at, body, mentions }) => ({
        version: Math.min(version, LIMITS.versions),
        created_at: exportedTime(at),
        body: bodyOf(message.kind, body, refs),
        ...(isNamed(mentions) && { mentions: mentionsOf(mentions, refs) }),
      })),
    }),
    ...(reactions.length > 0 && {
      reactions: reactions.map(({ userId, mark, at }) => ({
        key: mark,
        user: refs.user(userId),
        at: exportedTime(at),
      })),
    }),
    ...(votes.length > 0 && {
      votes: votes.map(({ userId, mark, at }) => ({
        option: mark,
        user: refs.user(userId),
        at: exportedTime(at),
      })),
    }),
    ...(message.pollClosedAt > 0 && { closed_at: exportedTime(message.pollClosedAt) }),
    ...(pinned && { pinned: { at: exportedTime(pinned.at), by: refs.user(pinned.by) } }),
    ...(hiddenBy.length > 0 && { hidden_by: hiddenBy.map((id) => refs.user(id)) }),
    ...(message.isSilent && { silent: true as const }),
    ...(message.clientTime !== null && { client_time: shownTime(message.clientTime) }),
    ...(message.priority !== null && { priority: message.priority }),
    ...(message.customData !== null && { custom_data: message.customData }),
    ...(message.metadata && { metadata: readMetadata(message.metadata) }),
    ...(message.buttons && { buttons: message.buttons }),
    ...(message.place !== null && { place: message.place }),
  };
  if (revoked) {
    const by = revoked.by === null ? null : refs.user(revoked.by);
    return { ...fields, kind: isPoll ? "poll" : nameOfKind(message.kind), body: {}, revoked: { by } };
  }
  if (message.poll) return { ...fields, kind: "poll", body: pollBody(message.poll) };
  const body = message.kind === "tip" ? systemBody(message, refs) : bodyOf(message.kind, message.body, refs);
  return { ...fields, kind: nameOfKind(message.kind), body };
}

function pollBody(poll: PollBody): z.infer<typeof Body> {
  return { ...poll, ends_at: exportedTime(poll.ends_at, LIMITS.pollMs) };
}

function senderOf(id: UserId, refs: Refs): ExternalId | null {
  return id === NOBODY ? null : refs.user(id);
}

function nameOfKind(kind: Kind): string {
  return kind === "tip" ? "system" : kind;
}

function isNamed(mentions: Mentions): boolean {
  return mentions === "all" || mentions.length > 0;
}

function mentionsOf(mentions: Mentions, refs: Refs): "all" | ExternalId[] {
  return mentions === "all" ? "all" : mentions.map((id) => refs.user(id));
}

/** A body with external ids: files of this server are named, and so is where merged messages come from. */
function bodyOf(kind: string, stored: BodyJson, refs: Refs): z.infer<typeof Body> {
  const body = Body.parse(JSON.parse(stored));
  if (kind === "merged") {
    const { title, items } = MergedBody.parse(body);
    return {
      title,
      items: items.map((item) => ({
        conversation: refs.conversation(item.conversation_id),
        seq: item.seq,
        sender: senderOf(item.sender_id, refs),
        ...(item.sender_name !== undefined && { sender_name: item.sender_name }),
        ...(item.sender_avatar !== undefined && { sender_avatar: item.sender_avatar }),
        created_at: exportedTime(item.created_at),
        kind: item.kind,
        body: bodyOf(item.kind, JSON.stringify(item.body), refs),
      })),
    };
  }
  const medium = Medium.safeParse(body);
  if (!medium.success || !medium.data.url.startsWith(`${STORED_ORIGIN}/files/`)) return body;
  const [key] = fileKeysIn(medium.data.url);
  const file = key && refs.file(key);
  const { url: _, ...rest } = body;
  // The bytes are gone: the URL says at least which file it was.
  return file === undefined ? body : { file, ...rest };
}

function systemBody({ body, subject, details }: PortableMessage, refs: Refs): z.infer<typeof Body> {
  const tip = readTip(body);
  if ("notice" in tip) return Body.parse(JSON.parse(body));
  const parsed = details === null ? null : SystemMessageDetails.parse(JSON.parse(details));
  const event: ExportedEvent = {
    event: tip.event,
    actor: refs.user(tip.actor_id),
    users: tip.user_ids.map((id) => refs.user(id)),
    ...(subject !== null && { message: subject }),
    ...(parsed && {
      details: {
        group_name: parsed.groupName,
        member_count: parsed.memberCount,
        ...(parsed.role && { role: parsed.role }),
        ...(parsed.mutedForS !== undefined && { muted_for_s: parsed.mutedForS }),
        ...(parsed.profile && { profile: parsed.profile }),
      },
    }),
  };
  // Undefined fields go.
  return Body.parse(JSON.parse(JSON.stringify(event)));
}
