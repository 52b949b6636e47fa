import { type ExportRecordInput, FORMAT_VERSION } from "../../../src/domain/data/records.ts";
import type { Files } from "../files/files.ts";
import type { Collected, Collection } from "./collection.ts";
import { composeMessage } from "./compose.ts";
import type { MessageDraft, TakenFile } from "./draft.ts";

/** Messages whose files are fetched at once. */
const AHEAD = 8;

/**
 * What a converter has collected, as records in the order in which an import wants them: users, then for each
 * conversation itself, its messages in the order of their time with the files before them, and its members.
 */
export async function* recordsOf(
  collection: Collection,
  files: Files,
  origin: string,
): AsyncGenerator<ExportRecordInput> {
  const { users, known, newest } = collection;
  yield { type: "version", version: { format: FORMAT_VERSION, source: origin, created_at: newest } };
  for (const [id, user] of users) if (!known.has(id)) yield { type: "user", user };
  for (const [id, collected] of collection.conversations)
    yield* conversationOf(collection, files, id, collected);
}

async function* conversationOf(
  collection: Collection,
  files: Files,
  id: string,
  collected: Collected,
): AsyncGenerator<ExportRecordInput> {
  const { record } = collected;
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
  yield { type: "conversation", conversation: { ...record, ...(owner !== undefined && { owner }) } };
  const shown = new Set<string>();
  for await (const { draft, taken } of withFiles(collection, files, id)) {
    for (const file of taken) {
      if (!("external_id" in file) || shown.has(file.external_id)) continue;
      shown.add(file.external_id);
      yield { type: "file", file };
    }
    for (const message of composeMessage(collection, id, asNotice(collection, collected, draft), taken))
      yield { type: "message", message };
  }
  if (isDirect) return;
  for (const [user, { state, role, ...member }] of collected.members)
    yield {
      type: "member",
      member: {
        ...{ conversation: id, user, ...member },
        ...(user === owner ? { role: "owner" } : { state, ...(role && { role }) }),
      },
    };
}

/** The drafts of a conversation, with what became of their files. The next ones are fetched meanwhile. */
async function* withFiles(
  collection: Collection,
  files: Files,
  conversation: string,
): AsyncGenerator<{ draft: MessageDraft; taken: TakenFile[] }> {
  const queue: { draft: MessageDraft; taken: Promise<TakenFile[]> }[] = [];
  const next = async () => {
    const first = queue.shift();
    return first && { draft: first.draft, taken: await first.taken };
  };
  for (const draft of collection.sorted(conversation)) {
    const uploader = draft.sender ?? "";
    const taken = Promise.all((draft.files ?? []).map((file) => files.take(file, uploader, draft.time)));
    // What it throws is thrown where it is awaited.
    taken.catch(() => {});
    queue.push({ draft, taken });
    if (queue.length < AHEAD) continue;
    const ready = await next();
    if (ready) yield ready;
  }
  for (let ready = await next(); ready; ready = await next()) yield ready;
}

/** A direct conversation has two members: what a third one has said there is a notice with their name. */
function asNotice(collection: Collection, { record }: Collected, draft: MessageDraft): MessageDraft {
  const { sender } = draft;
  if (record.kind !== "direct" || sender === null || record.users?.includes(sender)) return draft;
  const { files: _files, thread: _thread, mentions: _mentions, reactions: _reactions, ...rest } = draft;
  return { ...rest, sender: null, text: `${collection.nameOf(sender)}: ${draft.text}` };
}

/** Who owns a group here: who does at the origin, who has made it, else the first admin, else the first member. */
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
