import { type ConversationId, Position } from "../core/ids.ts";
import type { Message } from "../core/message.ts";
import type { RoomProtocol } from "../core/protocol.ts";
import { frames } from "./delivery.ts";
import type { Change } from "./log.ts";
import type { Member } from "./members.ts";
import type { Room } from "./room.ts";

const PAGE = 100;

/** One page of what a client missed. */
export interface ReplayPage {
  /** revokes and hides of what it has shown already */
  changes: Change[];
  messages: Message[];
  /** from where the next page goes on */
  lastSeq: Position;
  rev: number;
  hasMore: boolean;
}

/**
 * What is later than `after` and `rev`: first the changes to older messages, then the messages, at
 * most 100 a page. The last page reaches the last message, so that its reader can go live at once.
 * @param rev undefined: the client wants no changes
 */
export function replayPage(room: Room, member: Member, after: Position, rev: number | undefined): ReplayPage {
  const last = room.log.last.seq;
  const from = Math.min(after, last);
  const changes = rev === undefined ? [] : room.log.changes(rev, Position.parse(from), PAGE, member);
  const lastChange = changes.at(-1);
  if (lastChange && changes.length === PAGE) {
    return { changes, messages: [], lastSeq: Position.parse(from), rev: lastChange.rev, hasMore: true };
  }
  const { rows: shown, hasMore } = room.log.after(from, PAGE, member);
  // What is hidden at the end counts as seen: the page reaches the last message all the same.
  const lastSeq = hasMore ? (shown.at(-1)?.seq ?? from) : last;
  return {
    changes,
    messages: room.view.for(shown, member),
    lastSeq: Position.parse(lastSeq),
    rev: room.state.rev,
    hasMore,
  };
}

/** A page as a client gets it: the changes, the messages, and `synced` as its end. */
export function pageFrames(
  { changes, messages, lastSeq, rev, hasMore }: ReplayPage,
  conversationId: ConversationId,
  protocol: RoomProtocol,
): string[] {
  const told = changes.map(({ seq, by, rev: at }) =>
    protocol.event(
      by === null
        ? { type: "hidden", conversationId, seq, rev: at }
        : { type: "revoked", conversationId, seq, by, rev: at },
    ),
  );
  const shown = frames(messages.map(protocol.message), protocol.messages);
  return [...told, ...shown, protocol.event({ type: "synced", conversationId, lastSeq, rev, hasMore })];
}
