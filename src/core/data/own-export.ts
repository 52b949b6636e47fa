import { ownFileId } from "../../domain/data/own-ids.ts";
import type { PortableMessage } from "../../domain/data/portable-message.ts";
import type { ExportRecord } from "../../domain/data/records.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { listFriendGroups } from "../../storage/contacts/friend-list.ts";
import {
  type ExportedConversation,
  findExportedConversations,
  findExportedUsers,
  listFriendNotes,
  listOwnConversations,
  listOwnFiles,
  listRelations,
  type OwnConversation,
} from "../../storage/data/exported.ts";
import type { Core } from "../context.ts";
import { versionRecord } from "./export.ts";
import { messageRecord } from "./message-record.ts";
import { OwnSpaces } from "./own-spaces.ts";
import { conversationRecord, fileRecord, userRecord } from "./records-of.ts";
import { OWN_REFS } from "./refs.ts";
import type { ChannelPart } from "./space-records.ts";

/** Rows of D1 in one query. */
const ROWS = 500;

/**
 * All that a user has: profile, friends and what they note of them, blocks, uploaded files, and in each
 * conversation their marks and the messages that they have sent and not revoked. Others are named by numbers.
 * @param by the key of a team's backend; absent: the user asks
 */
export function exportUser(core: Core, userId: UserId, by?: ServerKeyId): AsyncGenerator<ExportRecord> {
  const event = by === undefined ? { by: userId } : { by: null, serverKey: by };
  core.securityLog.record("exported", { user: userId, ...event });
  return recordsOf(core, userId);
}

async function* recordsOf(core: Core, userId: UserId): AsyncGenerator<ExportRecord> {
  const refs = OWN_REFS;
  yield versionRecord(core, Date.now());
  const [user] = await findExportedUsers(core.db, [userId]);
  if (!user) return;
  const { friends, blocked } = await listRelations(core.db, [userId]);
  const others = (pairs: [UserId, UserId][]) => pairs.map(([, other]) => refs.user(other));
  const relations = { friends: others(friends), blocked: others(blocked) };
  const [notes, groups] = await Promise.all([
    listFriendNotes(core.db, userId),
    listFriendGroups(core.db, userId),
  ]);
  const own = {
    external_id: refs.user(userId),
    friend_notes: notes.map((note) => ({ ...note, user: refs.user(note.user) })),
    friend_groups: groups.map(({ name }) => name),
  };
  yield { type: "user", user: { ...userRecord(user, refs, relations), ...own } };
  for (let after = ""; ; ) {
    const files = await listOwnFiles(core.db, userId, after, ROWS);
    for (const file of files)
      yield {
        type: "file",
        file: { ...fileRecord(file, refs), external_id: ownFileId(file.key) },
      };
    const last = files.at(-1);
    if (!last || files.length < ROWS) break;
    after = last.key;
  }
  const spaces = new OwnSpaces(core, userId);
  for (let after = 0; ; ) {
    const own = await listOwnConversations(core.db, userId, after, ROWS);
    const ids = own.map(({ id }) => id);
    const found = await findExportedConversations(core.db, ids);
    const memberships = new Map(own.map((one) => [one.id, one]));
    for (const conversation of found) {
      const membership = memberships.get(conversation.id);
      const { spaceId } = conversation.profile;
      const space = spaceId === null ? undefined : await spaces.of(spaceId);
      // Of a channel that they cannot read they learn nothing.
      if (!membership || (space && !space.channels.has(conversation.id))) continue;
      if (space) yield* space.records.splice(0);
      const read = space ? { ...membership, hasLeft: false } : membership;
      yield* ownPart(core, userId, conversation, read, space?.channels.get(conversation.id));
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < ROWS) break;
    after = last;
  }
  yield { type: "end", end: { cursor: "", more: false } };
}

/**
 * A conversation with the user's messages and marks. A direct one without any is left out: the user may not
 * know of it.
 * @param membership whether the user has left, the name that the group had then, and the user's marks
 * @param channel what is written of a channel; undefined: it is none
 */
async function* ownPart(
  core: Core,
  of: UserId,
  conversation: ExportedConversation,
  membership: OwnConversation,
  channel: ChannelPart | undefined,
): AsyncGenerator<ExportRecord> {
  const { id } = conversation;
  const { marks, groups } = membership;
  const sorted = { ...(marks > 0 && { marks }), ...(groups.length > 0 && { groups }) };
  const name = OWN_REFS.conversation(id);
  const itself = (): ExportRecord => {
    const shown = conversationRecord(shownTo(conversation, membership), OWN_REFS, channel);
    return { type: "conversation", conversation: { ...shown, ...sorted, external_id: name } };
  };
  let isWritten = conversation.profile.kind === "group" || Object.keys(sorted).length > 0;
  if (isWritten) yield itself();
  for (let after: number | null = 0; after !== null; ) {
    const page: OwnPage = await core.conversations.ownMessages(id, { of, after });
    if (page.messages.length > 0 && !isWritten) yield itself();
    isWritten ||= page.messages.length > 0;
    for (const message of page.messages)
      yield { type: "message", message: messageRecord(name, withoutOthers(message, of), OWN_REFS) };
    after = page.next;
  }
}

type OwnPage = Awaited<ReturnType<Core["conversations"]["ownMessages"]>>;

/** Who has left learns nothing of what became of the group since. */
function shownTo(conversation: ExportedConversation, membership: OwnConversation): ExportedConversation {
  if (!membership.hasLeft) return conversation;
  const { profile } = conversation;
  const then = {
    name: membership.leftName ?? "",
    avatar: "",
    introduction: "",
    announcement: "",
    metadata: "",
  };
  return {
    ...conversation,
    dissolvedAt: null,
    profile: { ...profile, ...then, customFields: {}, ownerId: null },
  };
}

/** Whom others have reacted to, what they chose, and what they have hidden is theirs. */
function withoutOthers(message: PortableMessage, of: UserId): PortableMessage {
  const isOwn = ({ userId }: { userId: UserId }) => userId === of;
  return {
    ...message,
    reactions: message.reactions.filter(isOwn),
    votes: message.votes.filter(isOwn),
    hiddenBy: message.hiddenBy.filter((id) => id === of),
  };
}
