import type { FileSettings } from "../../domain/files/file-origins.ts";
import { Position } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { KickReason, RoomCommand, RoomProtocol, SendItem } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { NotLoaded } from "../../object/calls/not-loaded.ts";
import { type FrameReader, readFrame } from "../../object/frame-reader.ts";
import { liveFrames, pageFrames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import { type UserBudgets, WEIGHTS, weightOfMessages } from "../../object/user-budgets.ts";
import type { Room } from "../room.ts";
import { Broadcast } from "./broadcast.ts";
import { LaggingSockets } from "./lagging-sockets.ts";
import { OpenSockets } from "./open-sockets.ts";
import type { RoomOpening } from "./room-opening.ts";
import type { RoomSocket } from "./room-socket.ts";
import { type PageStart, socketPage } from "./socket-page.ts";

/** What the room sockets need from outside. */
export interface RoomSocketsDeps {
  protocol: RoomProtocol;
  settings: FileSettings;
  metrics: Metrics;
  timing: Pick<Timing, "slowReader">;
}

/** A newer token that the client of a socket shows. */
export interface RoomRenewal {
  socket: RoomSocket;
  token: string;
}

/** The sockets of a room: opens and closes them, and hands their commands to the room. */
export class RoomSockets extends OpenSockets {
  readonly #room: Room;
  readonly #budgets: UserBudgets;
  readonly #frameReader: FrameReader<RoomCommand>;
  readonly #broadcast: Broadcast;
  readonly #lagging: LaggingSockets;

  constructor(
    ctx: DurableObjectState,
    { protocol, settings, metrics, timing }: RoomSocketsDeps,
    room: Room,
    budgets: UserBudgets,
  ) {
    super(ctx, room.state.id, protocol, settings);
    this.#room = room;
    this.#budgets = budgets;
    this.#frameReader = {
      decode: (frame) => protocol.decode(frame, room.state.id),
      refuse: protocol.refused,
      budgets,
      closeAll: (userId, reason) => this.closeAll(userId, reason),
    };
    const catchUp = (socket: RoomSocket) => this.#catchUp(socket);
    this.#lagging = new LaggingSockets(
      { conversationId: room.state.id, catchUp, timing: timing.slowReader },
      { seq: room.log.last.seq, rev: room.changeFeed.announcedRev },
    );
    const sockets = () => this.sockets;
    const kick = (matches: (socket: RoomSocket) => boolean, reason: KickReason) => this.kick(matches, reason);
    this.#broadcast = new Broadcast(room, protocol, { sockets, kick, metrics }, this.#lagging);
    room.tellSockets(this.#broadcast);
  }

  /**
   * Accepts a socket, and sends `ready`; with `after` also the first page of the replay.
   * @param viewerCount how many users look; null: the client is not told
   * @throws `not_found` unless the user is a member, or may look
   */
  open(
    ws: WebSocket,
    { after, rev, ...identity }: Omit<RoomOpening, "subprotocol">,
    viewerCount: number | null,
  ): void {
    // What waits goes out before the socket exists: otherwise it would come live and in the replay.
    this.#room.flushSends();
    this.#room.changeFeed.flush();
    const { members, viewers } = this.#room;
    const reader = viewers.reader(identity.userId);
    const socket = this.accept(ws, identity);
    try {
      this.sendEvent(socket, {
        type: "ready",
        userId: identity.userId,
        sessionId: identity.sessionId,
        conversationId: this.#room.state.id,
        lastSeq: this.#room.log.last.seq,
        readSeq: reader.read_seq,
        ...(!members.isActive(identity.userId) && { isViewer: true }),
        rev: this.#room.changeFeed.announcedRev,
      });
      const { id: conversationId } = this.#room.state;
      if (viewerCount !== null)
        this.sendEvent(socket, { type: "viewers", conversationId, count: viewerCount });
      if (after !== undefined) this.#sync(socket, after, rev);
    } catch (error) {
      socket.close(CLOSE.fault);
      throw error;
    }
  }

  /**
   * Handles one frame of a client. An expected failure is answered with a refusal, and the socket stays open.
   * A frame that is too large, which leaves a debt of a whole budget, or the tenth invalid one in a row
   * closes it, and so does a bug.
   * @returns the newer token that the client shows, which is for the caller to check; undefined as a rule
   */
  handleFrame(ws: WebSocket, data: string | ArrayBuffer): RoomRenewal | undefined {
    const socket = this.find(ws);
    if (!socket) return undefined;
    socket.markAlive();
    this.#lagging.heard();
    const read = readFrame(this.#frameReader, socket, data);
    if (!read) return undefined;
    const { command } = read;
    if (command.type === "auth") {
      socket.valid();
      // It asks the inbox, as opening a socket does.
      this.#budgets.charge(socket.userId, WEIGHTS.page - WEIGHTS.light);
      return { socket, token: command.token };
    }
    try {
      this.#execute(socket, command, read.granted);
    } catch (error) {
      this.failed(socket, error);
    }
    return undefined;
  }

  #execute(socket: RoomSocket, command: Exclude<RoomCommand, { type: "auth" }>, granted: number): void {
    switch (command.type) {
      case "send":
        this.#send(socket, command.items.slice(0, granted));
        return;
      case "read":
        socket.valid();
        this.#room.readPositions.read(socket.userId, command.seq, socket);
        return;
      case "typing":
        socket.valid();
        this.#room.typing.show(socket.userId);
        return;
      case "sync":
        socket.valid();
        this.#sync(socket, command.after, command.rev);
        return;
    }
  }

  #send(socket: RoomSocket, items: SendItem[]): void {
    const drafts: AnyDraft[] = [];
    for (const { draft, clientMsgId } of items) {
      // A forward is read from elsewhere, and may have many messages.
      if (draft.ok && "copy" in draft.value)
        this.#budgets.charge(socket.userId, WEIGHTS.page - WEIGHTS.light);
      if (draft.ok) drafts.push(socket.fileOrigins.draftToStored(draft.value));
      else this.refuse(socket, draft, clientMsgId);
    }
    if (drafts.length === 0) {
      socket.invalid();
      return;
    }
    socket.valid();
    this.#room.sends.submit(socket.userId, drafts, { socket, begun: Date.now() });
  }

  #sync(socket: RoomSocket, after: Position, rev: number | undefined): void {
    const wasBehind = socket.replay !== null;
    const asked = rev ?? socket.replay?.rev;
    // A position beyond the log counts as its end, as of before the flush: the flushed messages are replayed.
    const start = Position.parse(Math.min(after, this.#room.log.last.seq));
    // Without a rev the page has no changes: what waits goes to the socket while it is live.
    if (asked === undefined) this.#room.changeFeed.flush();
    // The page has what the flush of the sends changes: a reply changes its root.
    const { announcedRev } = this.#room.changeFeed;
    const since = asked ?? announcedRev;
    // Pending sends commit first, so that the page and the live messages meet without a gap. During the flush
    // the socket counts as behind: otherwise it would get those messages live and in the page.
    if (socket.isLive) socket.fallBehind(start, announcedRev);
    const acks = this.#broadcast.resolveFor(socket);
    this.#room.changeFeed.flush();
    this.#room.profiles.refreshInBackground();
    let page: ReturnType<typeof socketPage>;
    try {
      page = this.#page(socket, { after: start, rev: since, isLimited: asked !== undefined });
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      // The page comes once the bodies are here. What comes meanwhile waits with it.
      if (socket.isLive) socket.fallBehind(start, since);
      for (const frame of acks) socket.send(frame);
      error.loaded
        .then(() => this.#sync(socket, after, rev))
        .catch((failure: unknown) => this.failed(socket, failure));
      return;
    }
    this.#budgets.charge(socket.userId, weightOfMessages(page.messages.length));
    for (const frame of pageFrames(page, this.#room.state.id, this.protocol)) socket.send(frame);
    if (page.hasMore) socket.fallBehind(page.lastSeq, page.rev);
    else socket.goLive();
    for (const frame of acks) socket.send(frame);
    // Changes of the profile or the members between the pages have not reached the socket.
    if (wasBehind && !page.hasMore) this.#room.conversationUpdates.send([socket.userId]);
  }

  /** Sends a lagging socket the next page. The last one makes it live. */
  #catchUp(socket: RoomSocket): void {
    const { replay } = socket;
    const { members, viewers } = this.#room;
    const { userId } = socket;
    if (replay === null || !(members.isActive(userId) || viewers.find(userId))) return;
    this.#room.flushSends();
    this.#room.changeFeed.flush();
    const page = this.#page(socket, { ...replay, isLimited: false });
    for (const frame of liveFrames(page, this.#room.state.id, this.protocol)) socket.send(frame);
    if (page.hasMore) {
      socket.lag({ seq: page.lastSeq, rev: page.rev });
      return;
    }
    socket.goLive();
    this.#room.conversationUpdates.send([socket.userId]);
  }

  #page(socket: RoomSocket, from: PageStart) {
    return socketPage(this.#room, this.protocol, socket, from);
  }
}
