import type { SessionId } from "../../domain/ids.ts";
import type { Contact, EndedSession, SocketRegistration } from "../../domain/ports.ts";
import type { QuotaUse } from "../../domain/quotas.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { eraseInbox } from "../account/erase-inbox.ts";
import { repeatable, requireAccount } from "./call.ts";

const { light, unweighed } = WEIGHTS;

/** The calls that concern the user's sessions, their sockets, and the end of the account. */
export const ACCOUNT = {
  /**
   * Counts what a call is about to do. Idempotent.
   * @see QuotaUses.take
   * @throws `quota`; `unauthenticated` for a deleted account
   */
  takeQuota: effect(
    repeatable(light, (components, { call, uses }: { call: string; uses: QuotaUse[] }) => {
      requireAccount(components);
      components.quotas.take(call, uses);
    }),
  ),

  /** Ends what a call that was refused has counted. Idempotent. */
  giveQuotaBack: effect(
    repeatable(unweighed, ({ quotas }, { call }: { call: string }) => quotas.giveBack(call)),
  ),

  /**
   * Registers a room socket before a conversation opens it. Idempotent.
   * @throws `unauthenticated` for an ended session or a deleted account
   */
  register: effect(
    repeatable(unweighed, (components, input: SocketRegistration) => {
      requireAccount(components);
      components.sessionGate.register(input);
      void components.presence.socketOpened();
      components.checkSocketsLater();
    }),
  ),

  /** Removes a registration: the last socket of a session in a conversation has closed. Idempotent. */
  unregister: effect(
    repeatable(unweighed, ({ sessionGate, presence }, input: SocketRegistration) => {
      sessionGate.unregister(input);
      presence.socketClosed();
    }),
  ),

  /** Ends a session: closes its sockets, and refuses new ones until its tokens have expired. Idempotent. */
  endSession: effect(
    repeatable(unweighed, ({ sessionTermination, callBudget }, input: EndedSession) =>
      sessionTermination.end([input], callBudget()),
    ),
  ),

  /**
   * Closes all device sockets of a session that D1 may no longer have: sockets of some wire formats outlive
   * the session's tokens. New sockets need valid tokens anyway.
   * @returns whether the session had device sockets
   */
  closeSession: repeatable(
    unweighed,
    ({ sockets, presence }, { sessionId }: { sessionId: SessionId }): boolean => {
      const hadSockets = sockets.open().some((socket) => socket.sessionId === sessionId);
      sockets.kickSession(sessionId);
      presence.socketClosed();
      return hadSockets;
    },
  ),

  /**
   * D1 may be about to end sessions. Unless `endSessions` follows with this token, a job looks them up in D1.
   */
  prepareSessionEnd: effect(
    repeatable(unweighed, ({ sessionTermination }, { token }: { token: string }) =>
      sessionTermination.prepare(token),
    ),
  ),

  /** Ends the sessions that D1 has ended, and confirms the prepared end with this token. Idempotent. */
  endSessions: effect(
    repeatable(
      unweighed,
      async (
        { sessionTermination, sockets, callBudget },
        { token, sessions }: { token: string; sessions: EndedSession[] },
      ) => {
        // D1 forgets expired sessions, but their device sockets may still be open.
        sockets.kickExpired(true);
        await sessionTermination.end(sessions, callBudget());
        sessionTermination.confirm(token);
      },
    ),
  ),

  /** Revokes what the user has sent since a time (ms since 1970), behind the answer. Idempotent. */
  revokeSince: effect(
    repeatable(unweighed, ({ revocation }, { since }: { since: number }) => revocation.begin(since)),
  ),

  /**
   * D1 may be about to delete the account. Unless `deleteAccount` follows with this token, a job looks it up
   * in D1.
   */
  prepareDeletion: effect(
    repeatable(unweighed, ({ accountDeletion }, { token }: { token: string }) =>
      accountDeletion.prepare(token),
    ),
  ),

  /**
   * D1 has deleted the account; confirms the prepared deletion with this token. The inbox closes all sockets,
   * refuses new ones, empties itself, and notifies the contacts. Each conversation is called once to remove
   * the user, and to erase the messages if `erases` is set, for a few seconds altogether; jobs retry after
   * that. Idempotent.
   */
  deleteAccount: effect(
    repeatable(
      unweighed,
      async (
        components,
        { token, contacts = [], erases = false }: { token: string; contacts?: Contact[]; erases?: boolean },
      ) => {
        const calls = components.callBudget();
        const conversationIds = await eraseInbox(components, erases, calls);
        components.accountDeletion.confirm(token);
        const left = components.accountDeletion.tryAll(conversationIds, erases, calls);
        // The answer does not wait for the contacts: a contact who misses the event finds the change in their
        // lists.
        void components.contactNotifier.accountDeleted(contacts, calls);
        await left;
      },
    ),
  ),
};
