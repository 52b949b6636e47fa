import { z } from "zod";
import { readCursor, writeCursor } from "../../domain/conversations/pagination.ts";
import type { ExportPage, ExportPosition } from "../../domain/data/portable-message.ts";
import { type ExportRecord, FORMAT_VERSION } from "../../domain/data/records.ts";
import { ConversationId, type UserId } from "../../domain/ids.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import {
  findExportedConversations,
  findExportedFiles,
  findExportedUsers,
  listConversationIds,
  listExportedConversations,
  listExportedFiles,
  listExportedUsers,
  listRelations,
} from "../../storage/data/exported.ts";
import { findExportedSpaces, listExportedSpaces } from "../../storage/data/exported-spaces.ts";
import type { Core } from "../context.ts";
import { requireConversation } from "../server/server-conversations.ts";
import { messageRecord } from "./message-record.ts";
import {
  conversationRecord,
  fileRecord,
  fullUserRecord,
  memberRecord,
  readRecord,
  usersOfConversations,
} from "./records-of.ts";
import { ExportRefs } from "./refs.ts";
import { channelParts, spaceRecords } from "./space-records.ts";

/** Rows of D1 in one query. */
const ROWS = 500;
/** A part ends after so many reads of D1 and calls of objects: a request of the Worker may make 1,000. */
const MAX_READS = 200;

/** Where an export goes on. `at`: when it began (ms since 1970). `since`: what it leaves out. */
const Cursor = z.object({
  at: z.int(),
  since: z.int().nullable(),
  phase: z.enum(["users", "files", "avatars", "spaces", "conversations", "rooms"]),
  /** the last id or key of the phase that is done; of `rooms` the conversation that is under way */
  after: z.union([z.int(), z.string()]),
  room: z
    .object({
      rev: z.int(),
      seq: z.int(),
      member: z.int(),
      upToRev: z.int(),
      upToSeq: z.int(),
    })
    .nullable(),
});
type Cursor = z.infer<typeof Cursor>;

/** What `since` takes: when an export began. */
const Since = z.tuple([z.literal("since"), z.int()]);

/** What a caller asks for. */
export interface ExportQuery {
  /** of the last part: the export goes on behind it */
  cursor?: string | undefined;
  /** of the end of a complete export: what is new or changed since then */
  since?: string | undefined;
}

/**
 * The next part of an export of the deployment: users, files, spaces, conversations, then message by
 * message each conversation. It ends with the cursor of the next part, or with the one that `since` takes.
 * - A part that broke off is asked for once more.
 * - `since` tells what is new or changed since the beginning of an earlier export. Of what was deleted since
 *   it tells accounts, messages and memberships alone.
 * @throws `validation_failed` for a cursor that is none
 */
export function exportDeployment(
  core: Core,
  by: ServerKeyId,
  query: ExportQuery,
): AsyncGenerator<ExportRecord> {
  const start = startOf(query);
  core.securityLog.record("exported", { user: null, by: null, serverKey: by });
  return deploymentPart(core, start, query.cursor === undefined);
}

async function* deploymentPart(core: Core, start: Cursor, isFirst: boolean): AsyncGenerator<ExportRecord> {
  const refs = new ExportRefs(core.db);
  let at = start;
  if (isFirst) yield versionRecord(core, at.at);
  for (let reads = 0; reads < MAX_READS; reads++) {
    const { records, next } = await step(core, at, refs);
    yield* records;
    if (next === null) {
      yield { type: "end", end: { cursor: writeCursor(["since", at.at]), more: false } };
      return;
    }
    at = next;
  }
  yield { type: "end", end: { cursor: writeCursor([at]), more: true } };
}

function startOf({ cursor, since }: ExportQuery): Cursor {
  if (cursor !== undefined) return readCursor(z.tuple([Cursor]), cursor)[0];
  const flaw = ["query.since", "must be the cursor at the end of a whole export"] as const;
  const from = since === undefined ? null : readCursor(Since, since, flaw)[1];
  return { at: Date.now(), since: from, phase: "users", after: 0, room: null };
}

interface Step {
  records: ExportRecord[];
  /** null: the export is complete */
  next: Cursor | null;
}

function step(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  switch (at.phase) {
    case "users":
    case "avatars":
      return userStep(core, at, refs);
    case "files":
      return fileStep(core, at, refs);
    case "spaces":
      return spaceStep(core, at, refs);
    case "conversations":
      return conversationStep(core, at, refs);
    case "rooms":
      return roomStep(core, at, refs);
  }
}

async function userStep(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  // Those with a file for an avatar come once more behind the files: an import that is cut knows it then.
  const hasFile = at.phase === "avatars";
  const range = { after: Number(at.after), limit: ROWS, since: at.since };
  const users = await listExportedUsers(core.db, range, hasFile);
  for (const { id, externalId } of users) refs.setUser(id, externalId);
  const { friends, blocked } = await listRelations(
    core.db,
    users.map(({ id }) => id),
  );
  // A friendship is written once, with the later of the two users: the other one's record is there then.
  const earlier = friends.filter(([id, other]) => other < id);
  await refs.learn([], {
    users: [...earlier, ...blocked].flat(),
    texts: users.map(({ avatar }) => avatar),
  });
  const namesBy = (pairs: typeof blocked) => {
    const all = Map.groupBy(pairs, ([id]) => id);
    return (id: UserId) => (all.get(id) ?? []).map(([, other]) => refs.user(other));
  };
  const [friendsOf, blockedBy] = [namesBy(earlier), namesBy(blocked)];
  const records = users.map((user): ExportRecord => {
    const relations = { friends: friendsOf(user.id), blocked: blockedBy(user.id) };
    return { type: "user", user: fullUserRecord(user, refs, relations) };
  });
  return { records, next: behind(at, users.at(-1)?.id, users.length, hasFile ? SPACES : FILES) };
}

async function fileStep(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  const range = { after: String(at.after), limit: ROWS, since: at.since };
  const files = await listExportedFiles(core.db, range);
  await refs.learn([], { users: files.map(({ userId }) => userId) });
  const records = files.map((file): ExportRecord => ({ type: "file", file: fileRecord(file, refs) }));
  return { records, next: behind(at, files.at(-1)?.key, files.length, AVATARS) };
}

/**
 * One space with all that belongs to it. With `since` too: nothing notes when its roles and members change.
 */
async function spaceStep(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  const [space] = await listExportedSpaces(core.db, Number(at.after), 1);
  if (!space) return { records: [], next: { ...at, ...CONVERSATIONS } };
  return { records: await spaceRecords(core, space, refs), next: { ...at, after: space.id } };
}

async function conversationStep(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  const range = { after: Number(at.after), limit: ROWS, since: at.since };
  const list = await listExportedConversations(core.db, range);
  await refs.learn([], {
    users: usersOfConversations(list),
    texts: list.map(({ profile }) => profile.avatar),
  });
  const channels = await channelParts(core, list, refs);
  const records = list.map(
    (one): ExportRecord => ({
      type: "conversation",
      conversation: conversationRecord(one, refs, channels.get(one.id)),
    }),
  );
  return { records, next: behind(at, list.at(-1)?.id, list.length, { phase: "rooms", after: 0 }) };
}

const FILES = { phase: "files", after: "" } as const;
const AVATARS = { phase: "avatars", after: 0 } as const;
const SPACES = { phase: "spaces", after: 0 } as const;
const CONVERSATIONS = { phase: "conversations", after: 0 } as const;

function behind(
  at: Cursor,
  last: number | string | undefined,
  count: number,
  nextPhase: Pick<Cursor, "phase" | "after">,
): Cursor {
  return count < ROWS || last === undefined ? { ...at, ...nextPhase } : { ...at, after: last };
}

/** The next part of the conversation that is under way, or of the next one. */
async function roomStep(core: Core, at: Cursor, refs: ExportRefs): Promise<Step> {
  const { room, since } = at;
  const [id] = room
    ? [ConversationId.parse(at.after)]
    : await listConversationIds(core.db, Number(at.after), 1);
  if (id === undefined) return { records: [], next: null };
  const start = room ? { after: room } : { mark: at.at, ...(since !== null && { since }) };
  const page = await core.conversations.exportPage(id, start);
  const name = await refs.conversationOf(id);
  const records = await pageRecords(name, page, refs);
  return { records, next: { ...at, after: id, room: page.next } };
}

/** The records of a part of a conversation. */
async function pageRecords(
  conversation: ExternalId,
  { messages, members, reads }: ExportPage,
  refs: ExportRefs,
): Promise<ExportRecord[]> {
  await refs.learn(messages, { users: members.map(({ userId }) => userId) });
  return [
    ...messages.map(
      (message): ExportRecord => ({
        type: "message",
        message: messageRecord(conversation, message, refs),
      }),
    ),
    ...members.map(
      (member): ExportRecord => ({
        type: "member",
        member: memberRecord(conversation, member, refs),
      }),
    ),
    ...reads.map((read): ExportRecord => ({ type: "read", read: readRecord(conversation, read, refs) })),
  ];
}

/** Where an export of one conversation goes on. */
const RoomCursor = z.tuple([Cursor.shape.room.unwrap()]);

/**
 * The next part of one conversation: itself, messages with the users and files that they name, then
 * members. Users and files come before what names them, in each part anew.
 * @throws `not_found`, `validation_failed` for a cursor that is none
 */
export async function exportConversation(
  core: Core,
  by: ServerKeyId,
  ref: ConversationRef,
  { cursor }: Pick<ExportQuery, "cursor">,
): Promise<AsyncGenerator<ExportRecord>> {
  const { id } = await requireConversation(core, ref);
  const start = cursor === undefined ? null : readCursor(RoomCursor, cursor)[0];
  core.securityLog.record("exported", { user: null, by: null, conversation: id, serverKey: by });
  return conversationPart(core, id, start);
}

async function* conversationPart(
  core: Core,
  id: ConversationId,
  start: ExportPosition | null,
): AsyncGenerator<ExportRecord> {
  const refs = new ExportRefs(core.db);
  let position = start;
  const written = new Set<string>();
  const [conversation] = await findExportedConversations(core.db, [id]);
  if (!conversation) return;
  if (position === null) {
    yield versionRecord(core, Date.now());
    const named = { users: usersOfConversations([conversation]), texts: [conversation.profile.avatar] };
    await refs.learn([], named);
    const channel = (await channelParts(core, [conversation], refs)).get(id);
    const { spaceId } = conversation.profile;
    const [space] = spaceId === null ? [] : await findExportedSpaces(core.db, [spaceId]);
    const around = space ? await spaceRecords(core, space, refs) : [];
    yield* namedRecords(core, refs, written);
    yield* around;
    yield { type: "conversation", conversation: conversationRecord(conversation, refs, channel) };
  }
  const { external_id: name } = conversationRecord(conversation, refs);
  for (let reads = 0; reads < MAX_READS / 4; reads++) {
    const page: ExportPage = await core.conversations.exportPage(id, position ? { after: position } : {});
    const records = await pageRecords(name, page, refs);
    yield* namedRecords(core, refs, written);
    yield* records;
    position = page.next;
    if (position === null) break;
  }
  const isMore = position !== null;
  yield { type: "end", end: { cursor: isMore ? writeCursor([position]) : "", more: isMore } };
}

/** The records of users and files that `refs` has learned, each once. */
async function* namedRecords(
  core: Core,
  refs: ExportRefs,
  written: Set<string>,
): AsyncGenerator<ExportRecord> {
  const ids = refs.userIds.filter((id) => !written.has(`u${id}`));
  const users = ids.length > 0 ? await findExportedUsers(core.db, ids) : [];
  const keys = refs.fileKeys.filter((key) => !written.has(key));
  const files = keys.length > 0 ? await findExportedFiles(core.db, keys) : [];
  await refs.learn([], { users: files.map(({ userId }) => userId) });
  for (const user of users) {
    written.add(`u${user.id}`);
    yield { type: "user", user: fullUserRecord(user, refs, { friends: [], blocked: [] }) };
  }
  for (const file of files) {
    written.add(file.key);
    yield { type: "file", file: fileRecord(file, refs) };
  }
}

/** The first record of a file. @param at ms since 1970 */
export function versionRecord(core: Core, at: number): ExportRecord {
  return {
    type: "version",
    version: { format: FORMAT_VERSION, source: `parley ${core.fileOrigins.shown}`, created_at: at },
  };
}
