import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { HookDirectory } from "../../domain/ports.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { LruMap } from "../../lib/lru-map.ts";

const MAX_USERS = 1_000;

/**
 * The ids that the team's backend has for users and for the conversation of an object, by which hooks name
 * them. They are set when the user or the group is made, if at all, so each is read once. A
 * direct conversation may get its own later.
 */
export class ExternalIds {
  readonly #directory: Pick<HookDirectory, "externalIds" | "conversationExternalId">;
  /** undefined: it was not read yet */
  #ofConversation: ExternalId | null | undefined;
  readonly #isNamedLater: () => boolean;
  readonly #known = new LruMap<UserId, { externalId: ExternalId | null }>(() => MAX_USERS);

  /** @param isNamedLater whether the conversation may get an id after it was made */
  constructor(
    directory: Pick<HookDirectory, "externalIds" | "conversationExternalId">,
    isNamedLater: () => boolean = () => false,
  ) {
    this.#directory = directory;
    this.#isNamedLater = isNamedLater;
  }

  /** That of the conversation; null: it has none. */
  async ofConversation(id: ConversationId): Promise<ExternalId | null> {
    if (this.#ofConversation === undefined || (this.#ofConversation === null && this.#isNamedLater()))
      this.#ofConversation = await this.#directory.conversationExternalId(id);
    return this.#ofConversation;
  }

  /** Those of these users; users without one are missing. One query for all that are not known. */
  async of(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, ExternalId>> {
    const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id));
    if (unknown.length > 0) {
      const found = await this.#directory.externalIds(unknown);
      for (const id of unknown) this.#known.set(id, { externalId: found.get(id) ?? null });
    }
    return new Map(
      ids.flatMap((id): [UserId, ExternalId][] => {
        const externalId = this.#known.get(id)?.externalId;
        return externalId ? [[id, externalId]] : [];
      }),
    );
  }
}
