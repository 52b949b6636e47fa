import { ProfileFields } from "../../../src/domain/accounts/user.ts";
import { type ExportRecordInput, FORMAT_VERSION } from "../../../src/domain/data/records.ts";
import type { Files } from "../files/files.ts";
import type { Collected, Collection, ConversationInput, UserInput } from "./collection.ts";
import { composeMessage } from "./compose.ts";
import type { FileInput, MessageDraft, TakenFile } from "./draft.ts";
import { makeOwners, spacesOf } from "./spaces.ts";

/** Messages, or users, whose files are fetched at once. */
const AHEAD = 8;

/**
 * A collection as records, in the order in which the server wants them: users, spaces, then for each
 * conversation itself, its messages in the order of their time with the files before them, and its members.
 */
export async function* recordsOf(
  collection: Collection,
  files: Files,
  origin: string,
): AsyncGenerator<ExportRecordInput> {
  makeOwners(collection);
  const { known, newest } = collection;
  yield { type: "version", version: { format: FORMAT_VERSION, source: origin, created_at: newest } };
  for await (const { user, taken } of withAvatars(collection, files)) {
    if (known.has(user.external_id)) continue;
    if (taken === undefined) yield { type: "user", user };
    else if ("external_id" in taken) {
      yield { type: "user", user: { ...user, avatar: `file:${taken.external_id}` } };
      yield { type: "file", file: taken };
    } else yield { type: "user", user: { ...user, ...linkOf(collection, user.external_id, taken) } };
  }
  const { records, channels } = spacesOf(collection);
  yield* records;
  for (const [id, collected] of collection.conversations)
    yield* conversationOf(collection, files, id, { ...collected, channel: channels.get(id) });
}

/** The users with their pictures. The next pictures are fetched meanwhile. */
function withAvatars(
  collection: Collection,
  files: Files,
): AsyncGenerator<{ user: UserInput; taken: TakenFile | undefined }> {
  const take = async (user: UserInput) => {
    const { external_id: id } = user;
    const draft = collection.known.has(id) ? undefined : collection.avatars.get(id);
    return { user, taken: draft && (await files.take(draft, id, user.created_at ?? 0)) };
  };
  return ahead(collection.users.values(), take);
}

/** The avatar of a user without a file of their picture: its URL, if everybody can see it there. */
function linkOf(
  collection: Collection,
  user: string,
  taken: Exclude<TakenFile, FileInput>,
): { avatar?: string } {
  if ("missing" in taken)
    collection.leftOut.add({ reason: `a picture of a user: ${taken.missing}`, where: user });
  const url = "link" in taken ? taken.link : (collection.avatars.get(user)?.url ?? "");
  const avatar = ProfileFields.shape.avatar.safeParse(url);
  return avatar.success && avatar.data !== "" ? { avatar: avatar.data } : {};
}

async function* conversationOf(
  collection: Collection,
  files: Files,
  id: string,
  collected: Collected & { channel: Partial<ConversationInput> | undefined },
): AsyncGenerator<ExportRecordInput> {
  const { record, channel } = collected;
  const isDirect = record.kind === "direct";
  const owner = isDirect ? undefined : ownerOf(collection, collected);
  if (isDirect && (collected.messages.size === 0 || record.users?.[0] === record.users?.[1])) {
    if (collected.messages.size > 0)
      collection.leftOut.add({ reason: "messages to oneself", where: id }, collected.messages.size);
    return;
  }
  if (!isDirect && owner === undefined) {
    collection.leftOut.add({
      reason: "a conversation without members and messages",
      where: record.name ?? id,
    });
    return;
  }
  // Nothing is older than its conversation. Without a time a repeat would have another one.
  const begin = Math.min(record.created_at ?? collected.oldest, collected.oldest);
  const created = Number.isFinite(begin) ? begin : 0;
  yield {
    type: "conversation",
    conversation: { ...record, ...channel, created_at: created, ...(owner !== undefined && { owner }) },
  };
  const shown = new Set<string>();
  for await (const { draft, taken } of withFiles(collection, files, id)) {
    for (const file of taken) {
      if (!("external_id" in file)) continue;
      if (!shown.has(file.external_id)) yield { type: "file", file };
      // A file that has its record already is sent no second time.
      else if (file.sha256) files.release(file.sha256);
      shown.add(file.external_id);
    }
    for (const message of composeMessage(collection, id, asNotice(collection, collected, draft), taken))
      yield { type: "message", message };
  }
  if (isDirect) return;
  // A channel takes neither roles nor who has left; one that was imported as a group does.
  for (const [user, { state, role, joined_at: joined = created }] of collected.members) {
    yield {
      type: "member",
      member: {
        ...{ conversation: id, user, joined_at: joined },
        ...(user === owner ? { role: "owner" } : { state, ...(role && { role }) }),
      },
    };
  }
}

/** The drafts of a conversation with their files. */
function withFiles(
  collection: Collection,
  files: Files,
  conversation: string,
): AsyncGenerator<{ draft: MessageDraft; taken: TakenFile[] }> {
  const take = async (draft: MessageDraft) => {
    const uploader = draft.sender ?? "";
    const taken = await Promise.all(
      (draft.files ?? []).map((file) => files.take(file, uploader, draft.time)),
    );
    return { draft, taken };
  };
  return ahead(collection.sorted(conversation), take);
}

/** The results of `take`, in their order. The next few calls are under way meanwhile. */
async function* ahead<In, Out>(all: Iterable<In>, take: (one: In) => Promise<Out>): AsyncGenerator<Out> {
  const queue: Promise<Out>[] = [];
  for (const one of all) {
    const taken = take(one);
    // An error is thrown where the result is awaited.
    taken.catch(() => {});
    queue.push(taken);
    const [first] = queue;
    if (queue.length < AHEAD || !first) continue;
    queue.shift();
    yield await first;
  }
  for (const taken of queue) yield await taken;
}

/** A direct conversation has two members: a message of a third one becomes a notice with their name. */
function asNotice(collection: Collection, { record }: Collected, draft: MessageDraft): MessageDraft {
  const { sender } = draft;
  if (record.kind !== "direct" || sender === null || record.users?.includes(sender)) return draft;
  const { files = [], thread: _thread, mentions: _mentions, reactions: _reactions, ...rest } = draft;
  collection.leftOut.add({ reason: "a file of a notice", where: draft.where }, files.length);
  return { ...rest, sender: null, text: `${collection.nameOf(sender)}: ${draft.text}` };
}

/** The owner of a group: that of the origin, else its creator, its first admin, or its first member. */
function ownerOf({ users }: Collection, { members, creator }: Collected): string | undefined {
  const active = [...members].filter(([, { state }]) => state === "active");
  const people = active.filter(([user]) => !users.get(user)?.bot);
  return (
    active.find(([, { role }]) => role === "owner")?.[0] ??
    active.find(([user]) => user === creator)?.[0] ??
    people.find(([, { role }]) => role === "admin")?.[0] ??
    people[0]?.[0] ??
    active[0]?.[0] ??
    creator ??
    [...members.keys()][0]
  );
}
