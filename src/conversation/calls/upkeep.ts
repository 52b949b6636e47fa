import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { SessionId } from "../../domain/ids.ts";
import type { HookStart } from "../../domain/server/hook.ts";
import { effect, onlyIfStored } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { removeDeletedUser } from "../actions/remove-deleted-user.ts";
import { type Caller, repeatable } from "./call.ts";

const { unweighed } = WEIGHTS;

/** The calls by which the Worker, inboxes and hooks tell a conversation of what has changed elsewhere. */
export const UPKEEP = {
  /**
   * Puts a conversation that D1 has created into the lists of its members. The list of `userId`, who opens
   * the conversation, has it before this resolves. Idempotent.
   * @param input `forBoth`: see `Opening.open`
   */
  init: effect(
    repeatable(unweighed, ({ room }, { userId, forBoth }: Caller & { forBoth?: boolean }) =>
      room.opening.open(userId, forBoth),
    ),
  ),

  /**
   * Announces a change of the direct permission in D1. Idempotent by token.
   * @see DirectPermission.announce
   */
  announceDirectPermission: effect(
    repeatable(unweighed, ({ room }, { token }: { token: string }) => room.directPermission.announce(token)),
  ),

  /**
   * Ends an announced change: reads the direct permission from D1. Idempotent.
   * @see DirectPermission.confirm
   */
  confirmDirectPermission: effect(
    repeatable(unweighed, ({ room }, { token }: { token: string }) => room.directPermission.confirm(token)),
  ),

  /**
   * Takes a new profile of a user, and tells the members of it. Ignored where the conversation has no copy,
   * or a newer one. Idempotent.
   * @see ProfileCache.learn
   */
  takeProfile: onlyIfStored(
    effect(
      repeatable(unweighed, ({ room }, { profile }: { profile: VersionedPerson }) =>
        room.profiles.learn(profile),
      ),
    ),
  ),

  /**
   * Removes a user whose account was deleted, and writes that to D1, now or by a job. Idempotent.
   * @param input `erases`: the messages are erased, too
   * @see removeDeletedUser
   */
  removeDeleted: effect(
    repeatable(unweighed, ({ room }, { userId, erases = false }: Caller & { erases?: boolean }) => {
      removeDeletedUser(room, room, userId, erases);
      return room.propagate([]);
    }),
  ),

  /**
   * Has a hook told of the conversation. One that was never used learns of its hooks as it is made.
   * Idempotent.
   * @see ConversationHooks.cover
   */
  coverHook: onlyIfStored(
    effect(repeatable(unweighed, ({ room }, start: HookStart) => room.hooks.cover(start))),
  ),

  /**
   * Has the conversation schedule when its messages expire, as the setting says now. Idempotent.
   * @see Retention
   */
  checkRetention: onlyIfStored(
    effect(repeatable(unweighed, ({ room }, _: object) => room.retention.changed())),
  ),

  /** Closes every socket of an ended session, also one that is being opened. Idempotent. */
  kick: effect(
    repeatable(unweighed, ({ registrations, sockets, relays }, { sessionId }: { sessionId: SessionId }) => {
      registrations.kick(sessionId);
      sockets.kickSession(sessionId);
      return relays.kick(sessionId);
    }),
  ),

  /** @returns the sessions among these that have a socket open here, or being opened */
  openSessions: repeatable(
    unweighed,
    async ({ registrations, sockets, relays }, { sessionIds }: { sessionIds: SessionId[] }) => {
      const relayed = new Set(await relays.openSessions(sessionIds));
      const isOpen = (id: SessionId) =>
        relayed.has(id) || sockets.hasSession(id) || registrations.isOpening(id);
      return sessionIds.filter(isOpen);
    },
  ),
};
