import type { SessionId } from "../../../domain/ids.ts";
import { callsOf, effect } from "../../../object/calls/object-call.ts";
import { WEIGHTS } from "../../../object/user-budgets.ts";
import type { RelayUpdate } from "../relay-update.ts";
import type { RelayComponents } from "./lifecycle.ts";

const { once, repeatable } = callsOf<RelayComponents>();
const { unweighed } = WEIGHTS;

/** The calls that a conversation makes to its relays. @see RelayPort */
export const RELAY_CALLS = {
  /** Sends the sockets what the conversation says. @see RelaySockets.update */
  update: once(unweighed, ({ sockets }, update: RelayUpdate) => sockets.update(update)),

  /** Closes every socket of an ended session, also one that is being opened. Idempotent. */
  kick: effect(
    repeatable(unweighed, ({ registrations, sockets }, { sessionId }: { sessionId: SessionId }) => {
      registrations.kick(sessionId);
      sockets.kickSession(sessionId);
    }),
  ),

  /** @returns the sessions among these that have a socket open here, or being opened */
  openSessions: repeatable(
    unweighed,
    ({ registrations, sockets }, { sessionIds }: { sessionIds: SessionId[] }) =>
      sessionIds.filter((id) => sockets.hasSession(id) || registrations.isOpening(id)),
  ),
};
