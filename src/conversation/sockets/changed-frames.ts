import { NOBODY, type Seq, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { changeFrames } from "../../object/frames.ts";
import type { ChangeAnnouncement } from "../change-feed/change-feed.ts";
import { isInMain, type MessageRow } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import type { FrameSink, Receiver } from "./receiver.ts";

type Room = Pick<RoomContext, "state" | "log" | "viewers" | "renderer" | "changeFeed">;

/** One of the ways in which members see a changed message. `key` tells them apart; null: not at all. */
interface View {
  key: string;
  message: Message | null;
}

/** A changed message, and who sees it in which way. */
interface Changed {
  seq: Seq;
  rev: number;
  /** false: a thread-only reply, for sockets that show threads */
  isInMain: boolean;
  /** clients have the body */
  isBodyKnown: boolean;
  viewOf(userId: UserId): View;
}

const UNSEEN: View = { key: "-", message: null };

/**
 * Sends changed messages to the live sockets, except those whose clients take none. A message comes without
 * the part that is its reader's own, except to the users whose own part has changed. Sockets with equal views
 * share the frames. Where clients have the body, those that take parts are sent the message without it.
 * The socket of nobody is shown what members see who have no view of their own.
 */
export function sendChanges<Socket extends Receiver>(
  room: Room,
  { rows, since, ownersOf }: ChangeAnnouncement,
  sockets: Iterable<Socket>,
  protocol: RoomProtocol,
  receivers: FrameSink<Socket>,
): void {
  const shown = [...sockets].filter(({ isLive, takesChanges }) => isLive && takesChanges);
  if (shown.length === 0) return;
  const changed = rows.map((row) => viewsOf(room, row, ownersOf.get(row.seq), since));
  const whole = once(protocol.message);
  const withoutBody = once(protocol.part);
  const framesByViews = new Map<string, string[]>();
  for (const socket of shown) {
    const views = changed.map(({ rev, isInMain, isBodyKnown, viewOf }) => ({
      ...{ rev, isPart: isBodyKnown && socket.takesParts },
      ...(isInMain || socket.showsThreads ? viewOf(socket.userId) : UNSEEN),
    }));
    const key = [socket.takesParts, ...views.map((view) => view.key)].join();
    let frames = framesByViews.get(key);
    if (!frames) {
      const parts = views.flatMap(({ rev, isPart, message }) =>
        message === null ? [] : [{ rev, part: (isPart ? withoutBody : whole)(message) }],
      );
      frames = changeFrames([], parts, room.state.id, protocol);
      framesByViews.set(key, frames);
    }
    receivers.deliver(socket, frames);
  }
}

/** Encodes each message once: many sockets have views of their own of one message, and share the others. */
function once(encode: (message: Message) => EncodedPart): (message: Message) => EncodedPart {
  const known = new Map<Message, EncodedPart>();
  return (message) => {
    const part = known.get(message) ?? encode(message);
    known.set(message, part);
    return part;
  };
}

function viewsOf(
  { log, viewers, renderer, changeFeed }: Room,
  row: MessageRow,
  owners: ReadonlySet<UserId> | undefined,
  since: number,
): Changed {
  const { seq } = row;
  const { message, blind } = renderer.renderForAll(row);
  const shared = { key: "all", message };
  const blinded = blind && { key: "blind", message: blind.message };
  const hiders = new Set(log.hides.usersOf(seq));
  const viewOf = (userId: UserId): View => {
    if (userId === NOBODY) return row.shadowed === null ? shared : UNSEEN;
    const receiver = viewers.receiver(userId);
    // Members who joined later, or deleted their history, never see the message.
    if (receiver.visible_from >= seq || hiders.has(userId)) return UNSEEN;
    if (row.shadowed !== null && userId !== row.sender_id) return UNSEEN;
    if (owners?.has(userId)) {
      const [own] = renderer.render([row], receiver);
      return own ? { key: `${userId}`, message: own } : UNSEEN;
    }
    return blinded && blind?.users.has(userId) ? blinded : shared;
  };
  const isBodyKnown = changeFeed.isBodyKnown(seq, since);
  return {
    seq,
    rev: row.changed_rev ?? 0,
    isInMain: isInMain(row),
    isBodyKnown,
    viewOf,
  };
}
