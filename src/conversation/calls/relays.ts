import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import { type CallClient, effect } from "../../object/calls/object-call.ts";
import { liveFrames, pageFrames } from "../../object/frames.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { ConversationComponents } from "../components.ts";
import type { Generation, HeldCount } from "../relays/relay-update.ts";
import type { RelayedPlace } from "../relays/relayed-socket.ts";
import { socketPage } from "../sockets/socket-page.ts";
import { type Caller, once, repeatable } from "./call.ts";

const { unweighed } = WEIGHTS;

/** A page for a socket that a relay holds. */
export interface RelayPageRequest
  extends Caller,
    Pick<RelayedPlace, "showsThreads" | "takesChanges" | "takesParts"> {
  after: Position;
  /** absent: the client wants no changes */
  rev: number | undefined;
  /** the client has asked for it; otherwise its socket is behind, and the frames come as live ones */
  isAsked: boolean;
}

/** Frames for a socket that a relay holds, and what it has been sent with them. */
export interface RelayedPage {
  frames: string[];
  at: SyncPosition;
  generation: Generation;
  hasMore: boolean;
  /** how many messages the frames have */
  messages: number;
  /** the user sees no messages up to here */
  visibleFrom: Position;
  /** the user is no member, and looks */
  isViewer: boolean;
}

/** The calls of relays, which charge their users themselves. */
export const RELAYED = {
  /** The first frame of a socket that opens in a relay, and what the relay has to know of its user. */
  openForRelay: repeatable(
    unweighed,
    (
      { room, relays, sockets, config, viewerCount },
      { userId, sessionId, users }: Pick<RelayedPlace, "userId" | "sessionId"> & Pick<HeldCount, "users">,
    ): RelayedPage => {
      room.flushSends();
      room.changeFeed.flush();
      const { visible_from, read_seq } = room.viewers.reader(userId);
      const isViewer = !room.members.isActive(userId);
      const link = relays.linkOf(userId);
      const generation = link.opened();
      link.users = users;
      viewerCount.changed();
      const { seq, rev } = relays.position;
      const ready = config.protocol.event({
        type: "ready",
        ...{ userId, sessionId, conversationId: room.state.id },
        ...{ lastSeq: seq, readSeq: read_seq, rev },
        ...(isViewer && { isViewer }),
      });
      const frames = [ready];
      if (room.viewers.isAudienceRoom) {
        const count = sockets.userCount + relays.userCount;
        frames.push(config.protocol.event({ type: "viewers", conversationId: room.state.id, count }));
      }
      return {
        frames,
        at: { seq, rev },
        generation,
        hasMore: false,
        messages: 0,
        visibleFrom: visible_from,
        isViewer,
      };
    },
  ),

  /** What a socket in a relay lacks after a position. @see RoomSockets */
  pageForRelay: repeatable(unweighed, (parts: ConversationComponents, input: RelayPageRequest) =>
    parts.room.profiles.fresh(() => relayedPage(parts, input)),
  ),

  /**
   * Stores what sockets in a relay have sent. Their acks and refusals come with what the relay is told. A
   * relay closes the sockets of a call that has failed: their clients send again.
   */
  sendForRelay: once(
    unweighed,
    ({ room, relays }, { sends }: { sends: { place: RelayedPlace; drafts: AnyDraft[] }[] }) => {
      const begun = Date.now();
      for (const { place, drafts } of sends) {
        const socket = relays.linkOf(place.userId).socketOf(place);
        room.sends.submit(place.userId, drafts, { socket, begun });
      }
      return null;
    },
  ),

  /** Moves the read position of a user, whose other sockets are told. */
  readForRelay: repeatable(
    unweighed,
    ({ room, relays }, { place, seq }: { place: RelayedPlace; seq: Position }) => {
      const socket = relays.linkOf(place.userId).socketOf(place);
      room.readPositions.read(place.userId, seq, socket);
      return null;
    },
  ),

  /** Unregisters a session that has no socket in its relay any more, unless it has one here. Idempotent. */
  unregisterForRelay: effect(
    repeatable(
      unweighed,
      (
        { registrations, relays, viewerCount },
        { userId, sessionId, users }: Pick<RelayedPlace, "userId" | "sessionId"> & Pick<HeldCount, "users">,
      ) => {
        relays.counted(userId, users);
        viewerCount.changed();
        return registrations.closed(userId, sessionId);
      },
    ),
  ),

  /** @returns for each of these users who is a member, or looks: the frame with the conversation now */
  describeForRelay: repeatable(
    unweighed,
    async ({ room, config }, { userIds }: { userIds: UserId[] }): Promise<Map<UserId, string>> => {
      const described = await room.conversationUpdates.describe(userIds);
      return new Map(
        [...described].flatMap(([userId, describe]) => {
          const conversation = describe();
          return conversation
            ? [[userId, config.protocol.event({ type: "conversation", conversation })]]
            : [];
        }),
      );
    },
  ),
};

function relayedPage({ room, relays, config }: ConversationComponents, input: RelayPageRequest): RelayedPage {
  const { userId, after, rev, isAsked, ...wishes } = input;
  const { protocol } = config;
  room.flushSends();
  room.changeFeed.flush();
  const generation = relays.linkOf(userId).opened();
  const { announcedRev } = room.changeFeed;
  const page = socketPage(
    room,
    protocol,
    { userId, ...wishes },
    {
      // A position beyond the log counts as its end.
      after: Position.parse(Math.min(after, room.log.last.seq)),
      rev: rev ?? announcedRev,
      isLimited: isAsked && rev !== undefined,
    },
  );
  const framesOf = isAsked ? pageFrames : liveFrames;
  const frames = framesOf(page, room.state.id, protocol);
  if (!page.hasMore) room.conversationUpdates.send([userId]);
  // Events are told behind what all were told: a page may have more, of which the sample comes later.
  const seq = page.hasMore ? page.lastSeq : Position.parse(Math.min(page.lastSeq, relays.position.seq));
  return {
    frames,
    at: { seq, rev: page.rev },
    generation,
    hasMore: page.hasMore,
    messages: page.messages.length,
    visibleFrom: room.viewers.receiver(userId).visible_from,
    isViewer: !room.members.isActive(userId),
  };
}

/** A conversation, as its relays call it. */
export type RelayedConversation = CallClient<typeof RELAYED, ConversationId>;
