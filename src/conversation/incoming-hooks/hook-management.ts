import {
  type IncomingHook,
  type IncomingHookWithSecret,
  newIncomingHookId,
  noIncomingHook,
} from "../../domain/conversations/incoming-hook.ts";
import { CoreError } from "../../domain/errors.ts";
import type { HttpUrl } from "../../domain/http-url.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { randomHex } from "../../lib/random.ts";
import { sha256 } from "../../lib/sha256.ts";
import { Permissions } from "../actions/permissions.ts";
import type { RoomContext } from "../room/context.ts";
import { mayHaveHooks } from "./hook-makers.ts";
import type { IncomingHooks, StoredIncomingHook } from "./incoming-hooks.ts";

/** What a new hook shows beside its messages. */
export interface NewIncomingHook {
  name: string;
  avatar: "" | HttpUrl;
}

/** Makes, lists, rotates and deletes the incoming hooks of a group, for its owner and admins. */
export class HookManagement {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "rights" | "readers" | "state">;
  readonly #hooks: IncomingHooks;
  readonly #permissions: Permissions;

  constructor(
    room: Pick<RoomContext, "flushSends" | "members" | "rights" | "readers" | "state">,
    hooks: IncomingHooks,
  ) {
    this.#room = room;
    this.#hooks = hooks;
    this.#permissions = new Permissions(room);
  }

  /**
   * Makes a hook.
   * @throws `not_found`, `forbidden`; `conflict` for too many
   */
  create(actorId: UserId, { name, avatar }: NewIncomingHook): IncomingHookWithSecret {
    this.#require(actorId, "make hooks");
    if (this.#hooks.list().length >= LIMITS.incomingHooks) {
      const detail = `A group has at most ${LIMITS.incomingHooks} incoming hooks: delete another one first.`;
      throw new CoreError("conflict", detail);
    }
    const id = newIncomingHookId(this.#room.state.id);
    return this.#withNewSecret({ id, name, avatar, createdBy: actorId, createdAt: Date.now() });
  }

  /** All hooks, the oldest first. @throws `not_found`, `forbidden` */
  list(actorId: UserId): IncomingHook[] {
    this.#require(actorId, "see the hooks");
    return this.#hooks.list().map((hook) => this.#shown(hook));
  }

  /**
   * Replaces the secret of a hook: its former URL is unknown at once. Who knows the new one answers for the
   * hook from then on.
   * @throws `not_found`, `forbidden`
   */
  rotate(actorId: UserId, id: string): IncomingHookWithSecret {
    this.#require(actorId, "rotate hooks");
    const hook = this.#hooks.find(id);
    if (!hook) throw noIncomingHook();
    return this.#withNewSecret({ ...hook, createdBy: actorId });
  }

  /** Deletes a hook. @returns whether there was one @throws `not_found`, `forbidden` */
  delete(actorId: UserId, id: string): boolean {
    this.#require(actorId, "delete hooks");
    return this.#hooks.delete(id);
  }

  #withNewSecret(hook: Omit<StoredIncomingHook, "secretHash">): IncomingHookWithSecret {
    const secret = randomHex();
    const stored = { ...hook, secretHash: sha256(secret) };
    this.#hooks.store(stored);
    return { ...this.#shown(stored), secret };
  }

  #shown({ secretHash: _, ...hook }: StoredIncomingHook): IncomingHook {
    return { ...hook, waiting: !mayHaveHooks(this.#room, hook.createdBy) };
  }

  #require(actorId: UserId, action: string): void {
    this.#permissions.require(this.#permissions.begin(actorId), "incomingHooks", action);
  }
}
