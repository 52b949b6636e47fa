import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { HookDirectory } from "../../domain/ports.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { LruMap } from "../../lib/lru-map.ts";

const MAX_USERS = 1_000;

/**
 * The ids that the team's backend has for users and for the conversation of an object, by which hooks name
 * them. A user keeps theirs until the account is deleted, so one that was read is kept in memory.
 */
export class ExternalIds {
  readonly #directory: Pick<HookDirectory, "externalIds" | "conversationExternalId">;
  /** undefined: it was not read yet */
  #ofConversation: ExternalId | null | undefined;
  readonly #known = new LruMap<UserId, ExternalId>(() => MAX_USERS);

  constructor(directory: Pick<HookDirectory, "externalIds" | "conversationExternalId">) {
    this.#directory = directory;
  }

  /** That of the conversation; null: it has none. It is read once. */
  async ofConversation(id: ConversationId): Promise<ExternalId | null> {
    this.#ofConversation ??= await this.#directory.conversationExternalId(id);
    return this.#ofConversation;
  }

  /** Those of these users; users without one are missing. One query for all that are not known. */
  async of(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, ExternalId>> {
    const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id));
    const found = unknown.length > 0 ? await this.#directory.externalIds(unknown) : new Map();
    for (const [id, externalId] of found) this.#known.set(id, externalId);
    return new Map(
      ids.flatMap((id): [UserId, ExternalId][] => {
        const externalId = found.get(id) ?? this.#known.get(id);
        return externalId === undefined ? [] : [[id, externalId]];
      }),
    );
  }
}
