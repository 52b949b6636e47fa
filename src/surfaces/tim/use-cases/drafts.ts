import { randomUUID } from "node:crypto";
import {
  loadProfiles,
  loadProfilesAmong,
  type ProfileLookup,
} from "../../../core/accounts/profile-lookup.ts";
import { accountDeleted } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation } from "../../../core/conversations/conversations.ts";
import { sendMessage } from "../../../core/messages/messages.ts";
import { deletedUser, type Person } from "../../../domain/accounts/person.ts";
import type { ConversationKind } from "../../../domain/conversations/conversation.ts";
import {
  atPath,
  CoreError,
  excess,
  invalid,
  isNotFound,
  noDraft,
  noMentioned,
} from "../../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { BodyJson, Kind } from "../../../domain/messages/content.ts";
import { resolveForward } from "../../../domain/messages/copies/forwarding.ts";
import { bodyWithProfiles } from "../../../domain/messages/copies/merged.ts";
import {
  DraftContent,
  DraftId,
  type DraftState,
  makerIn,
  type Recipient,
  type StoredDraft,
} from "../../../domain/messages/draft.ts";
import {
  type AnyDraft,
  type ForwardDraft,
  type Message,
  type MessageReference,
  type Priority,
  usersMentioned,
} from "../../../domain/messages/message.ts";
import { filesOf } from "../../../domain/messages/scheduled.ts";
import { exceedsBytes } from "../../../domain/text.ts";
import { findLiveUsersByName, findUser } from "../../../storage/accounts/users.ts";
import { findPeople } from "../../../storage/conversations/conversations.ts";
import { releaseFiles } from "../../../storage/files/file-holds.ts";
import { distinguishNotInGroup } from "./groups.ts";
import { type Destination, destinationOf } from "./recipients.ts";

/** A reference to a message: a sent one by conversation and seq, a stored draft by id. */
export type MessageSource = MessageReference | { draft: DraftId };

/** The content of a new draft: its own, that of another message, or others that it merges. */
export type NewContent =
  | { kind: Kind; body: BodyJson }
  | { source: MessageSource }
  | { merged: { title: string; items: MessageSource[] } };

/** The mentions of a draft: users by username, everybody, or both. */
export interface MentionsByName {
  all: boolean;
  names: string[];
}

/** A message to be sent later; users are named by username. */
export interface NewDraft {
  /** the id that the client gives it; absent: the server gives one */
  id?: DraftId | undefined;
  to: Recipient;
  mentions: MentionsByName;
  priority: Priority | undefined;
  customData: string | undefined;
  /** see `DraftContent` */
  quote?: MessageReference | undefined;
}

/** A stored draft as its maker sees it. */
export interface DraftView
  extends Pick<Message, "kind" | "body" | "mentions" | "alsoMentioned" | "sender" | "createdAt"> {
  id: DraftId;
  to: Recipient;
  priority: Priority | undefined;
  customData: string | undefined;
  profiles: ProfileLookup;
}

/** What the maker of a draft changes before it is sent; absent fields are unchanged. */
export interface DraftChange {
  /** of a draft with content of its own */
  body?: BodyJson;
  mentions?: MentionsByName;
  priority?: Priority;
  /** `""`: none */
  customData?: string;
  quote?: MessageReference;
}

/** Reads the change that a client makes of a stored draft. Throws `validation_failed`. */
export type ReadChange = (draft: DraftContent) => DraftChange;

/** A sent draft: the message, its destination and its profiles. */
export interface SentDraft {
  message: Message;
  destination: Destination;
  /** the read position of the other user of a direct conversation */
  peerReadSeq: Position;
  profiles: ProfileLookup;
}

/**
 * Stores a draft, which a later call sends at most once. Only its maker can use it, for a day. Permissions
 * and the recipient are checked when it is sent.
 * A draft whose id is known already stays as it is.
 * @throws `validation_failed` for more than a message may hold, or an id of another user, `not_found` for an
 *   unknown mentioned user, or for a message to be forwarded that the caller cannot see, `not_forwardable`
 */
export async function createDraft(
  core: Core,
  caller: UserId,
  input: NewDraft,
  content: NewContent,
): Promise<DraftView> {
  const { to, priority, customData, quote } = input;
  requireFits(customData);
  const [sender, mentioned, resolved] = await Promise.all([
    findUser(core.db, caller, caller),
    findMentions(core, input.mentions),
    resolveContent(core, caller, to, content),
  ]);
  if (!sender) throw accountDeleted();
  const { id = DraftId.parse(`draft-${randomUUID()}`) } = input;
  if (input.id !== undefined && makerIn(id) !== sender.username)
    throw invalid("ID", `must be ${sender.username}-<number>-<number>`);
  const { stored: mentions, users } = mentioned;
  const createdAt = Date.now();
  const stored: DraftContent = {
    to,
    said: resolved.said,
    ...mentions,
    ...(priority !== undefined && { priority }),
    ...(customData !== undefined && { customData }),
    ...(quote && { quote }),
  };
  await core.inboxes.keepDraft(caller, { id, createdAt, content: stored });
  const known = new Map<UserId, Person>(users.map((user) => [user.id, user]));
  const profiles = (userId: UserId) => known.get(userId) ?? deletedUser(userId);
  const { kind, body } = resolved;
  return { id, to, kind, body, ...mentions, sender, createdAt, priority, customData, profiles };
}

/** @throws `validation_failed` for more custom data than a message may have */
function requireFits(customData: string | undefined): void {
  if (customData !== undefined && exceedsBytes(customData, LIMITS.bodyBytes))
    throw excess("customData", LIMITS.bodyBytes);
}

/** The mentions of a draft as they are stored. */
type StoredMentions = Pick<DraftContent, "mentions" | "alsoMentioned">;

async function findMentions(
  core: Core,
  { all, names }: MentionsByName,
): Promise<{ stored: StoredMentions; users: Person[] }> {
  if (names.length === 0) return { stored: { mentions: all ? "all" : [] }, users: [] };
  const users = await findLiveUsersByName(core.db, names);
  const found = new Map(users.map((user) => [user.username, user.id]));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) {
    const message = `there is no user ${missing.join(", ")}`;
    const errors = [{ path: "mentions", message }];
    throw new CoreError("not_found", `mentions: ${message}`, { missing: "member", errors });
  }
  const ids = [...new Set(found.values())];
  return { stored: all ? { mentions: "all", alsoMentioned: ids } : { mentions: ids }, users };
}

/** The content of a draft as it is now, and as it is stored: what it copies is copied again at its send. */
interface Content {
  kind: Kind;
  body: BodyJson;
  said: DraftContent["said"];
}

/** What a draft copies. */
type Copied = Exclude<DraftContent["said"], { kind: Kind }>;

async function resolveContent(
  core: Core,
  caller: UserId,
  to: Recipient,
  content: NewContent,
): Promise<Content> {
  if ("kind" in content) return { ...content, said: content };
  return atPath(to.type, async () => {
    const said = await copiedBy(core, caller, content);
    const draft = { clientMsgId: undefined, quoteSeq: undefined, mentions: [], copy: copyOf(said) };
    const { kind, body, rendered } = await resolveForward(core.conversations, caller, draft);
    const people = new Map(rendered?.people.map((person) => [person.id, person]));
    return { said, kind, body: bodyWithProfiles(kind, body, (id) => people.get(id) ?? deletedUser(id)) };
  });
}

/** The messages that a draft copies, by their places. @throws as `sentMessageOf` */
async function copiedBy(
  core: Core,
  caller: UserId,
  content: Exclude<NewContent, { kind: Kind }>,
): Promise<Copied> {
  if ("source" in content) return { source: await sentMessageOf(core, caller, content.source) };
  const { title, items } = content.merged;
  return {
    merged: { title, items: await Promise.all(items.map((name) => sentMessageOf(core, caller, name))) },
  };
}

function copyOf(said: Copied): ForwardDraft["copy"] {
  return "source" in said ? { type: "forward", source: said.source } : { type: "merged", ...said.merged };
}

/**
 * The reference of a message to be copied: a sent draft resolves to its message.
 * @throws `not_found` for an unsent draft
 */
async function sentMessageOf(core: Core, caller: UserId, name: MessageSource): Promise<MessageReference> {
  if (!("draft" in name)) return name;
  const state = await core.inboxes.draft(caller, { id: name.draft });
  if ("sent" in state) return state.sent;
  throw noDraft();
}

/**
 * Sends a stored draft of the caller. A repeated or concurrent call returns the message that the draft has
 * become; so does a reference to a message that the caller has sent.
 * @param readChange what the caller changes of the draft before. The change is stored, also if the send fails
 * @throws `not_found` for a draft that has expired or is not the caller's, for an unknown recipient, and as
 *   `sendMessage`, `createDraft` and `readChange`
 * @param supposed the kind of the conversation as the client states it: errors carry it where the actual kind
 *   is unknown
 */
export function sendDraft(
  core: Core,
  caller: UserId,
  name: MessageSource,
  supposed: ConversationKind,
  readChange: ReadChange,
): Promise<SentDraft> {
  return atPath(supposed, async () => {
    if (!("draft" in name)) return loadSentDraft(core, caller, name);
    const id = name.draft;
    const stored = await core.inboxes.draft(caller, { id });
    const state = "sent" in stored ? stored : await changeDraft(core, caller, id, stored, readChange);
    return "sent" in state
      ? loadSentDraft(core, caller, state.sent)
      : sendStored(core, caller, id, state.content);
  });
}

/** Applies a change to a draft. @returns its state: it may have been sent meanwhile */
function changeDraft(
  core: Core,
  caller: UserId,
  id: DraftId,
  { content, createdAt }: Omit<StoredDraft, "id">,
  readChange: ReadChange,
): Promise<DraftState> {
  return atPath(content.to.type, async () => {
    const change = readChange(content);
    requireFits(change.customData);
    const { mentions, alsoMentioned, priority, customData, quote, ...rest } = content;
    const named = change.mentions
      ? (await findMentions(core, change.mentions)).stored
      : { mentions, alsoMentioned };
    const isNormal = priority === undefined && change.priority === "normal";
    const said =
      change.body !== undefined && "kind" in rest.said ? { ...rest.said, body: change.body } : rest.said;
    const changed = DraftContent.parse({
      ...{ ...rest, said, ...named },
      priority: isNormal ? undefined : (change.priority ?? priority),
      customData: (change.customData ?? customData) || undefined,
      quote: change.quote ?? quote,
    });
    if (JSON.stringify(changed) === JSON.stringify(DraftContent.parse(content)))
      return { content, createdAt };
    return core.inboxes.changeDraft(caller, { id, content: changed });
  });
}

/**
 * A stored draft of the caller, to be shown after its send has failed; null: it cannot be shown. It is sent,
 * has expired, is another user's, or copies a message that is revoked.
 */
export async function findUnsentDraft(
  core: Core,
  caller: UserId,
  name: MessageSource,
): Promise<DraftView | null> {
  if (!("draft" in name)) return null;
  const id = name.draft;
  try {
    const state = await core.inboxes.draft(caller, { id });
    if ("sent" in state) return null;
    const { to, said, mentions, alsoMentioned, priority, customData } = state.content;
    const [sender, resolved, people] = await Promise.all([
      findUser(core.db, caller, caller),
      resolveContent(core, caller, to, said),
      findPeople(core.db, usersMentioned({ mentions, alsoMentioned })),
    ]);
    if (!sender) return null;
    const { kind, body } = resolved;
    const view = { id, to, kind, body, mentions, alsoMentioned, sender, priority, customData };
    return { ...view, createdAt: state.createdAt, profiles: loadProfilesAmong(people) };
  } catch (error) {
    if (error instanceof CoreError) return null;
    throw error;
  }
}

function sendStored(core: Core, caller: UserId, id: DraftId, content: DraftContent): Promise<SentDraft> {
  const { to } = content;
  return atPath(to.type, async () => {
    const draft = asDraft(id, content);
    const check = async (peer: UserId) => {
      requireAmong(draft, [caller, peer]);
      if ("copy" in draft) await resolveForward(core.conversations, caller, draft);
    };
    const destination = await destinationOf(core, caller, to, check);
    const { conversationId } = destination;
    const { message, isRepeated } = await distinguishNotInGroup(core, caller, conversationId, () =>
      sendQuoting(core, caller, conversationId, draft, content.quote),
    );
    await core.inboxes.noteDraftSent(caller, { id, conversationId, seq: message.seq });
    const [profiles, peerReadSeq] = await Promise.all([
      loadProfiles(core, [message]),
      // A new message has not been read yet.
      isRepeated ? peerRead(core, caller, destination) : UNREAD,
      releaseFilesOfSent(core, caller, id, draft),
    ]);
    return { message, destination, peerReadSeq, profiles };
  });
}

/**
 * Sends a draft with its quote. Without it if the sender does not see the quoted message there: with the SDK
 * no quote keeps a message from being sent.
 */
async function sendQuoting(
  core: Core,
  caller: UserId,
  id: ConversationId,
  draft: AnyDraft,
  quote: MessageReference | undefined,
): ReturnType<typeof sendMessage> {
  if (quote?.conversationId !== id) return sendMessage(core, caller, id, draft);
  try {
    return await sendMessage(core, caller, id, { ...draft, quoteSeq: quote.seq });
  } catch (error) {
    if (!isNotFound(error) || error.data?.missing !== "message") throw error;
    return sendMessage(core, caller, id, draft);
  }
}

/** A sent message shows its files a little later: until then they are held. Never rejects. */
async function releaseFilesOfSent(core: Core, caller: UserId, id: DraftId, draft: AnyDraft): Promise<void> {
  if (filesOf(draft).length === 0) return;
  // Without it the files are held for a day.
  await releaseFiles(core.db, caller, id, Date.now() + core.timing.scheduled.releaseMs).catch(
    () => undefined,
  );
}

/** @throws `not_found` for a mentioned user who is not among `members` */
function requireAmong(draft: Pick<AnyDraft, "mentions" | "alsoMentioned">, members: UserId[]): void {
  const stranger = usersMentioned(draft).find((id) => !members.includes(id));
  if (stranger !== undefined) throw noMentioned(stranger);
}

const UNREAD = Position.parse(0);

/** The send of a stored draft. Its id is the client message id, so that repeated sends store one message. */
function asDraft(id: DraftId, { said: content, ...draft }: DraftContent): AnyDraft {
  const { mentions, alsoMentioned, priority, customData } = draft;
  const said = { mentions, ...(alsoMentioned && { alsoMentioned }), priority, customData };
  const envelope = { clientMsgId: id, quoteSeq: undefined, ...said };
  if ("kind" in content) return { ...envelope, kind: content.kind, body: content.body };
  return { ...envelope, copy: copyOf(content) };
}

/** A message that the caller has sent, as it is now. @throws `not_found` for another user's message */
async function loadSentDraft(
  core: Core,
  caller: UserId,
  { conversationId, seq }: MessageReference,
): Promise<SentDraft> {
  const found = core.conversations.message(conversationId, { userId: caller, seq });
  const message = await found.catch((error: unknown) => {
    // A non-member must not learn that the conversation exists.
    throw isNotFound(error) ? noDraft() : error;
  });
  if (message.sender.id !== caller || message.kind === "tip") throw noDraft();
  const { kind, handle, spaceId, peer } = await getConversation(core, caller, conversationId);
  const destination = { kind, conversationId, handle, spaceId, peerName: peer?.username ?? "" };
  const [profiles, peerReadSeq] = await Promise.all([
    loadProfiles(core, [message]),
    peerRead(core, caller, destination),
  ]);
  return { message, destination, peerReadSeq, profiles };
}

/** The read position of the other user of a direct conversation. */
async function peerRead(core: Core, caller: UserId, destination: Destination): Promise<Position> {
  if (destination.kind === "group") return UNREAD;
  const receipts = await core.conversations.receipts(destination.conversationId, { userId: caller });
  return receipts.find(({ userId }) => userId !== caller)?.readSeq ?? UNREAD;
}
