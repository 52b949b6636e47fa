import { ownConversationId, ownFileId, ownSpaceId, ownUserId } from "../../domain/data/own-ids.ts";
import type { PortableMessage } from "../../domain/data/portable-message.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import { type ConversationId, type FileKey, NOBODY, type SpaceId, type UserId } from "../../domain/ids.ts";
import { readTip } from "../../domain/messages/content.ts";
import { conversationsIn, sendersIn } from "../../domain/messages/copies/merged.ts";
import type { Mentions } from "../../domain/messages/message.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import { findConversationNames, findFileNames, findUserNames } from "../../storage/data/external-ids.ts";
import type { Database } from "../../storage/database.ts";

/** Gives the external ids of what an export names. */
export interface Refs {
  user(id: UserId): ExternalId;
  conversation(id: ConversationId): ExternalId;
  space(space: { id: SpaceId; externalId: ExternalId | null; createdAt: number }): ExternalId;
  /** undefined: the file is gone */
  file(key: FileKey): ExternalId | undefined;
}

/**
 * The names for an export of one user for that user: numbers, as the ids that a team's backend has are
 * nothing for users, and no time of a creation.
 */
export const OWN_REFS: Refs = {
  user: (id) => ExternalId.parse(`parley:u${id}`),
  conversation: (id) => ExternalId.parse(`parley:c${id}`),
  space: ({ id }) => ExternalId.parse(`parley:s${id}`),
  file: ownFileId,
};

/** The external ids of what an export names. Each is asked for once. */
export class ExportRefs implements Refs {
  readonly #db: Database;
  readonly #users = new Map<UserId, ExternalId>();
  readonly #conversations = new Map<ConversationId, ExternalId>();
  readonly #files = new Map<FileKey, ExternalId>();

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Looks up what messages name.
   * @param besides further users, and texts with URLs of files
   */
  async learn(
    messages: readonly PortableMessage[],
    { users = [], texts = [] }: { users?: readonly UserId[]; texts?: readonly string[] } = {},
  ): Promise<void> {
    const bodies = messages.flatMap(({ body, edits }) => [body, ...edits.map((edit) => edit.body)]);
    const newUsers = lacking(this.#users, [...users, ...messages.flatMap(usersIn)]);
    const newRooms = lacking(this.#conversations, messages.flatMap(roomsIn));
    const newFiles = lacking(this.#files, [...texts, ...bodies].flatMap(fileKeysIn));
    if (newUsers.length > 0)
      for (const [id, name] of await findUserNames(this.#db, newUsers)) this.#users.set(id, name);
    if (newRooms.length > 0)
      for (const [id, name] of await findConversationNames(this.#db, newRooms))
        this.#conversations.set(id, name);
    if (newFiles.length > 0)
      for (const [key, name] of await findFileNames(this.#db, newFiles)) this.#files.set(key, name);
  }

  /** The users whose names are known. */
  get userIds(): UserId[] {
    return [...this.#users.keys()];
  }

  /** The files whose names are known. */
  get fileKeys(): FileKey[] {
    return [...this.#files.keys()];
  }

  user(id: UserId): ExternalId {
    return this.#users.get(id) ?? ownUserId(id, 0);
  }

  conversation(id: ConversationId): ExternalId {
    return this.#conversations.get(id) ?? ownConversationId(id, 0);
  }

  space({ id, externalId, createdAt }: Parameters<Refs["space"]>[0]): ExternalId {
    return externalId ?? ownSpaceId(id, createdAt);
  }

  /** undefined: the file is gone */
  file(key: FileKey): ExternalId | undefined {
    return this.#files.get(key);
  }

  /** The name of a conversation, which is looked up if it is not known yet. */
  async conversationOf(id: ConversationId): Promise<ExternalId> {
    if (!this.#conversations.has(id))
      for (const [found, name] of await findConversationNames(this.#db, [id]))
        this.#conversations.set(found, name);
    return this.conversation(id);
  }

  /** Notes the name of a user that was just read. */
  setUser(id: UserId, name: ExternalId): void {
    this.#users.set(id, name);
  }
}

/** The ids that a map lacks, each once; nobody has no name. */
function lacking<Id>(known: ReadonlyMap<Id, ExternalId>, ids: readonly Id[]): Id[] {
  return [...new Set(ids)].filter((id) => id !== NOBODY && !known.has(id));
}

/** All users whom a message names. */
export function usersIn(message: PortableMessage): UserId[] {
  const { senderId, kind, body, mentions, alsoMentioned, forwarded, edits, revoked } = message;
  const named = (some: Mentions) => (some === "all" ? [] : some);
  const tip = kind === "tip" && !revoked ? readTip(body) : null;
  return [
    senderId,
    ...named(mentions),
    ...(alsoMentioned ?? []),
    ...(forwarded ? [forwarded.senderId] : []),
    ...edits.flatMap((edit) => named(edit.mentions)),
    ...[...message.reactions, ...message.votes].map(({ userId }) => userId),
    ...(message.pinned ? [message.pinned.by] : []),
    ...(revoked?.by ? [revoked.by] : []),
    ...message.hiddenBy,
    ...(tip && !("notice" in tip) ? [tip.actor_id, ...tip.user_ids] : []),
    ...sendersIn(kind, body),
  ];
}

function roomsIn({ kind, body, forwarded }: PortableMessage): ConversationId[] {
  return [...(forwarded ? [forwarded.conversationId] : []), ...conversationsIn(kind, body)];
}
