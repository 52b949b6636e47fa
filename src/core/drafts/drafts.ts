import { randomUUID } from "node:crypto";
import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { User } from "../../domain/accounts/user.ts";
import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import { atPath, CoreError, excess, noDraft, noMentioned } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { BodyJson, Kind } from "../../domain/messages/content.ts";
import { type DraftContent, DraftId, type Recipient } from "../../domain/messages/draft.ts";
import { resolveForward } from "../../domain/messages/forwarding.ts";
import { bodyWithProfiles } from "../../domain/messages/merged.ts";
import type {
  AnyDraft,
  Mentions,
  Message,
  MessageReference,
  Priority,
} from "../../domain/messages/message.ts";
import { exceedsBytes } from "../../domain/text.ts";
import { findAccountsByName, findUser } from "../../storage/accounts/users.ts";
import { loadProfiles, type ProfileLookup } from "../accounts/profile-lookup.ts";
import { accountDeleted, noUserWithName } from "../accounts/users.ts";
import { type Destination, destinationOf } from "../by-name/recipients.ts";
import type { Core } from "../context.ts";
import { distinguishNotMember, getConversation } from "../conversations/conversations.ts";
import { getMessage, readReceipts, sendMessage } from "../messages/messages.ts";

/** A message by what it is called: one that was sent by its place, a draft by its id. */
export type MessageSource = MessageReference | { draft: DraftId };

/** What a draft is to say: something, or what another message says. */
export type NewContent = { kind: Kind; body: BodyJson } | { source: MessageSource };

/** A message that its sender makes, to send it later; users are called by their names. */
export interface NewDraft {
  to: Recipient;
  mentions: string[] | "all";
  priority: Priority | undefined;
  customData: string | undefined;
}

/** A draft as its maker sees it. */
export interface DraftView extends Pick<Message, "kind" | "body" | "mentions" | "sender" | "createdAt"> {
  id: DraftId;
  to: Recipient;
  priority: Priority | undefined;
  customData: string | undefined;
  profiles: ProfileLookup;
}

/** A message that was sent, and what is known beside it. */
export interface SentDraft {
  message: Message;
  destination: Destination;
  /** how far the other one of a direct conversation has read */
  peerReadSeq: Position;
  profiles: ProfileLookup;
}

/**
 * Makes a message which is sent later, and once; it is its maker's alone, and kept for a day. Whether he may send it,
 * and to whom, is asked then.
 * @throws `validation_failed` for more than a message may hold, `not_found` for who is mentioned and does not exist, or
 *   for a message to be forwarded that he cannot see, `not_forwardable`
 */
export async function createDraft(
  core: Core,
  caller: UserId,
  made: NewDraft,
  content: NewContent,
): Promise<DraftView> {
  const { to, priority, customData } = made;
  if (customData !== undefined && exceedsBytes(customData, LIMITS.bodyBytes))
    throw excess("customData", LIMITS.bodyBytes);
  const [sender, mentioned, said] = await Promise.all([
    findUser(core.db, caller),
    mentionedBy(core, made.mentions),
    contentOf(core, caller, to, content),
  ]);
  if (!sender) throw accountDeleted();
  const { mentions, users } = mentioned;
  const id = DraftId.parse(`draft-${randomUUID()}`);
  const createdAt = Date.now();
  const stored: DraftContent = {
    to,
    said: said.source ? { source: said.source } : { kind: said.kind, body: said.body },
    mentions,
    ...(priority !== undefined && { priority }),
    ...(customData !== undefined && { customData }),
  };
  await core.inboxes.keepDraft(caller, { id, createdAt, content: stored });
  const known = new Map<UserId, Person>(users.map((user) => [user.id, user]));
  const profiles = (userId: UserId) => known.get(userId) ?? deletedUser(userId);
  const { kind, body } = said;
  return { id, to, kind, body, mentions, sender, createdAt, priority, customData, profiles };
}

async function mentionedBy(
  core: Core,
  names: NewDraft["mentions"],
): Promise<{ mentions: Mentions; users: User[] }> {
  if (names === "all" || names.length === 0) return { mentions: names === "all" ? names : [], users: [] };
  const users = await findAccountsByName(core.db, names);
  const found = new Map(users.map((user) => [user.username, user.id]));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw noUserWithName(missing);
  return { mentions: [...new Set(found.values())], users };
}

/** What is said as it is now; `source`: what is to be copied when it is sent. */
interface Content {
  kind: Kind;
  body: BodyJson;
  source?: MessageReference;
}

async function contentOf(core: Core, caller: UserId, to: Recipient, content: NewContent): Promise<Content> {
  if (!("source" in content)) return content;
  return atPath(to.type, async () => {
    const source = await placeOf(core, caller, content.source);
    const { kind, body, rendered: shown } = await resolveForward(core.conversations, caller, copyOf(source));
    const people = new Map(shown?.people.map((person) => [person.id, person]));
    return { source, kind, body: bodyWithProfiles(kind, body, (id) => people.get(id) ?? deletedUser(id)) };
  });
}

/** Where a message is that is copied: a draft that was sent stands for the message which it has become. */
async function placeOf(core: Core, caller: UserId, name: MessageSource): Promise<MessageReference> {
  if (!("draft" in name)) return name;
  const kept = await core.inboxes.draft(caller, { id: name.draft });
  if ("sent" in kept) return kept.sent;
  throw noDraft();
}

const copyOf = (source: MessageReference) => ({
  ...{ clientMsgId: undefined, quoteSeq: undefined, mentions: [] },
  copy: { type: "forward" as const, source },
});

/**
 * Sends a draft of the caller's. Whoever sends it again, be it at the same time, is answered with the message which it
 * has become; so is who says the name of a message that he has sent.
 * @throws `not_found` for a draft that is forgotten or never was his, for whom it is for and who does not exist, and
 *   what `sendMessage` throws
 * @param supposed what kind of conversation it is for, as its sender believes: where it is unknown that is told
 */
export function sendDraft(
  core: Core,
  caller: UserId,
  name: MessageSource,
  supposed: ConversationKind,
): Promise<SentDraft> {
  return atPath(supposed, async () => {
    if (!("draft" in name)) return replaySend(core, caller, name);
    const id = name.draft;
    const kept = await core.inboxes.draft(caller, { id });
    return "sent" in kept ? replaySend(core, caller, kept.sent) : sendStored(core, caller, id, kept.content);
  });
}

function sendStored(core: Core, caller: UserId, id: DraftId, content: DraftContent): Promise<SentDraft> {
  const { to } = content;
  return atPath(to.type, async () => {
    const draft = asDraft(id, content);
    const check = async (peer: UserId) => {
      requireAmong(draft.mentions, [caller, peer]);
      if ("copy" in draft) await resolveForward(core.conversations, caller, draft);
    };
    const destination = await destinationOf(core, caller, to, check);
    const { conversationId } = destination;
    const { message, replay } = await distinguishNotMember(core, conversationId, () =>
      sendMessage(core, caller, conversationId, draft),
    );
    await core.inboxes.noteDraftSent(caller, { id, conversationId, seq: message.seq });
    const [profiles, peerReadSeq] = await Promise.all([
      loadProfiles(core, [message]),
      // Of what is new nobody has read anything.
      replay ? peerRead(core, caller, destination) : UNREAD,
    ]);
    return { message, destination, peerReadSeq, profiles };
  });
}

/** @throws `not_found` for who is mentioned and is none of these */
function requireAmong(mentions: Mentions, members: UserId[]): void {
  const stranger = mentions === "all" ? undefined : mentions.find((id) => !members.includes(id));
  if (stranger !== undefined) throw noMentioned(stranger);
}

const UNREAD = Position.parse(0);

/** What the core takes of a draft; its id sees to it that it is one message. */
function asDraft(id: DraftId, { said, mentions, priority, customData }: DraftContent): AnyDraft {
  const rest = { clientMsgId: id, quoteSeq: undefined, mentions, priority, customData };
  if ("source" in said) return { ...rest, copy: { type: "forward", source: said.source } };
  return { ...rest, kind: said.kind, body: said.body };
}

/** A message that the caller has sent, as it is now. @throws `not_found` for one of somebody else's */
async function replaySend(
  core: Core,
  caller: UserId,
  { conversationId, seq }: MessageReference,
): Promise<SentDraft> {
  const message = await getMessage(core, caller, conversationId, seq).catch((error: unknown) => {
    // Who is not in a conversation is not told that it is there.
    throw error instanceof CoreError && error.code === "not_found" ? noDraft() : error;
  });
  if (message.sender.id !== caller || message.kind === "tip") throw noDraft();
  const { kind, handle, peer } = await getConversation(core, caller, conversationId);
  const destination = { kind, conversationId, handle, peerName: peer?.username ?? "" };
  const [profiles, peerReadSeq] = await Promise.all([
    loadProfiles(core, [message]),
    peerRead(core, caller, destination),
  ]);
  return { message, destination, peerReadSeq, profiles };
}

/** How far the other one of a direct conversation has read. */
async function peerRead(core: Core, caller: UserId, destination: Destination): Promise<Position> {
  if (destination.kind === "group") return UNREAD;
  const receipts = await readReceipts(core, caller, destination.conversationId);
  return receipts.find(({ userId }) => userId !== caller)?.readSeq ?? UNREAD;
}
