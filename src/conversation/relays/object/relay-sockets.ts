import { CoreError } from "../../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../../domain/ids.ts";
import type { AnyDraft } from "../../../domain/messages/message.ts";
import type { Settings } from "../../../domain/settings.ts";
import { furthest } from "../../../domain/sync/replay.ts";
import type { RoomCommand, SendItem } from "../../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../../domain/timing.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { withDeadline } from "../../../object/calls/deadline.ts";
import { Semaphore } from "../../../object/concurrency.ts";
import { type FrameReader, readFrame } from "../../../object/frame-reader.ts";
import { CLOSE } from "../../../object/hibernating-socket.ts";
import { type UserBudgets, WEIGHTS, weightOfMessages } from "../../../object/user-budgets.ts";
import type { RelayedConversation, RelayedPage } from "../../calls/relays.ts";
import { LaggingSockets } from "../../sockets/lagging-sockets.ts";
import { OpenSockets } from "../../sockets/open-sockets.ts";
import type { RoomOpening } from "../../sockets/room-opening.ts";
import type { Relayed, RoomSocket } from "../../sockets/room-socket.ts";
import type { RoomRenewal, RoomSocketsDeps } from "../../sockets/room-sockets.ts";
import type { HeldCount, RelayId, RelayItem, RelayUpdate } from "../relay-update.ts";
import { framesOf, type HeldSocket, type OpeningSocket, placeOf } from "./held-socket.ts";
import { PositionStore } from "./position-store.ts";
import { RelaySends } from "./relay-sends.ts";

/** Where a socket is that has been sent nothing. */
const NOWHERE = { seq: Position.parse(0), rev: 0 };
/** The users whose conversation one call describes. */
const DESCRIBED = 100;

/** An object hibernates after 10 s. */
const AWAKE_MS = 5_000;

/** What the sockets of a relay need from outside. */
export interface RelaySocketsDeps extends Pick<RoomSocketsDeps, "protocol" | "metrics"> {
  settings: Settings;
  conversations: RelayedConversation;
  timing: Timing;
}

/**
 * The sockets of a relay. The conversation says what they are sent, and in which order. A socket that may
 * lack something is brought up to date by pages of the conversation, as any socket that resumes: nothing has
 * to be kept here.
 */
export class RelaySockets extends OpenSockets {
  readonly #id: RelayId;
  readonly #deps: RelaySocketsDeps;
  readonly #budgets: UserBudgets;
  readonly #frameReader: FrameReader<RoomCommand>;
  readonly #held = new Map<RoomSocket, HeldSocket>();
  readonly #opening = new Set<OpeningSocket>();
  readonly #told: PositionStore;
  readonly #lagging: LaggingSockets;
  readonly #sends: RelaySends;
  readonly #pageTurns: Semaphore;
  /** set while answers are awaited: an object with a timer does not hibernate, and forget that */
  #awake: ReturnType<typeof setTimeout> | undefined;
  /** the users who are to be sent their conversation anew */
  readonly #described = new Set<UserId>();
  #isDescribing = false;
  /** the frames handed to sockets that are not counted yet */
  #frames = 0;

  constructor(ctx: DurableObjectState, id: RelayId, deps: RelaySocketsDeps, budgets: UserBudgets) {
    super(ctx, id.conversationId, deps.protocol, deps.settings);
    this.#id = id;
    this.#deps = deps;
    this.#budgets = budgets;
    this.#frameReader = {
      decode: (frame) => deps.protocol.decode(frame, id.conversationId),
      refuse: deps.protocol.refused,
      budgets,
      closeAll: (userId, reason) => this.closeAll(userId, reason),
    };
    this.#told = new PositionStore(ctx.storage.sql);
    for (const socket of this.sockets) this.#hold(socket, socket.relayed?.number ?? newNumber(), null);
    this.#lagging = new LaggingSockets(
      {
        conversationId: id.conversationId,
        catchUp: (socket) => void this.#catchUp(socket),
        timing: deps.timing.slowReader,
      },
      this.#told.position ?? NOWHERE,
    );
    this.#sends = new RelaySends(id.conversationId, deps.conversations, deps.timing.relays);
    this.#pageTurns = new Semaphore(deps.timing.relays.pagesAtOnce);
  }

  /** A socket begins to open: what comes from now on waits for it. */
  begin(): OpeningSocket {
    const opening = { missed: [], generation: null };
    this.#opening.add(opening);
    return opening;
  }

  /** The opening is over, with or without a socket. */
  end(opening: OpeningSocket): void {
    this.#opening.delete(opening);
  }

  /** Accepts a socket, and sends `ready`; with `after` a page of the replay follows. */
  open(
    ws: WebSocket,
    { after, rev, ...identity }: Omit<RoomOpening, "subprotocol">,
    { frames, at, visibleFrom, generation, isViewer }: RelayedPage,
    opening: OpeningSocket,
  ): void {
    const number = newNumber();
    const socket = this.accept(ws, identity, {
      ...{ visibleFrom, generation, number },
      ...(isViewer && { isViewer }),
    });
    const held = this.#hold(socket, number, at);
    for (const frame of frames) socket.send(frame);
    held.missed = opening.missed;
    held.generation = opening.generation;
    this.end(opening);
    if (after !== undefined) void this.#page(held, { after, rev, isAsked: true });
    else this.#sendMissed(held);
  }

  /**
   * Sends the sockets what the conversation says.
   * @returns what the relay holds
   */
  update({ generation, to, items }: RelayUpdate): HeldCount {
    if (this.size + this.#opening.size === 0) return { sockets: 0, users: 0 };
    for (const opening of this.#opening) opening.generation = generation;
    for (const held of this.#held.values()) {
      if (held.pages > 0) held.generation = generation;
      else if (held.socket.relayed?.generation !== generation) this.#fallBehind(held, items);
    }
    for (const item of items) this.#tell(item);
    this.#told.moveTo(to);
    this.#lagging.sentUpTo(to);
    if (this.#frames > 0) this.#deps.metrics.count("relay_frames", {}, this.#frames);
    this.#frames = 0;
    return { sockets: this.size + this.#opening.size, users: this.userCount };
  }

  /** Handles one frame of a client. @see RoomSockets.handleFrame */
  handleFrame(ws: WebSocket, data: string | ArrayBuffer): RoomRenewal | undefined {
    const socket = this.find(ws);
    const held = socket && this.#held.get(socket);
    if (!held) return undefined;
    socket.markAlive();
    this.#lagging.heard();
    const read = readFrame(this.#frameReader, socket, data);
    if (!read) return undefined;
    const { command, granted } = read;
    if (command.type !== "send") socket.valid();
    switch (command.type) {
      case "auth":
        // It asks the inbox, as opening a socket does.
        this.#budgets.charge(socket.userId, WEIGHTS.page - WEIGHTS.light);
        return { socket, token: command.token };
      case "send":
        this.#send(held, command.items.slice(0, granted));
        return undefined;
      case "read":
        void this.#read(held, command.seq);
        return undefined;
      case "sync":
        void this.#page(held, {
          after: command.after,
          rev: command.rev ?? socket.replay?.rev,
          isAsked: true,
        });
        return undefined;
      case "typing":
        // Nobody in a crowd hears who types.
        return undefined;
    }
  }

  override remove(ws: WebSocket): RoomSocket | null {
    const socket = super.remove(ws);
    if (socket) this.#held.delete(socket);
    return socket;
  }

  #hold(socket: RoomSocket, number: number, at: HeldSocket["at"]): HeldSocket {
    const none = { sends: 0, pages: 0, missed: [], generation: null };
    const held = { socket, number, at, ...none };
    this.#held.set(socket, held);
    return held;
  }

  /**
   * Something was lost of what a socket was to be sent: pages bring it up to date. Answers are lost for good:
   * the client reconnects, and sends again with the same client message ids.
   * @param items what comes next
   */
  #fallBehind({ socket, at, sends, number }: HeldSocket, items: readonly RelayItem[]): void {
    const answered = items.reduce((sum, { answers }) => sum + (answers?.get(number) ?? 0), 0);
    if (sends > answered) socket.close(CLOSE.fault);
    if (!socket.isLive) return;
    const { position } = this.#told;
    this.#lagging.lag(socket, at && position ? furthest(at, position) : (at ?? position ?? NOWHERE));
  }

  #tell(item: RelayItem): void {
    const { kick, deleted, refreshes, joined = [] } = item;
    if (kick) {
      const leaving = new Set(kick.userIds);
      this.kick((socket) => leaving.has(socket.userId) || isAmongViewers(socket, kick), kick.reason);
    }
    for (const opening of this.#opening) opening.missed.push(item);
    for (const held of this.#held.values()) {
      const visibleFrom = deleted?.get(held.socket.userId);
      if (visibleFrom !== undefined) keep(held.socket, { visibleFrom });
      if (joined.includes(held.socket.userId)) keep(held.socket, { isViewer: undefined });
      if (held.pages > 0) held.missed.push(item);
      else this.#deliver(held, item);
    }
    if (!item.isPartial) this.#lagging.sentUpTo(item.at);
    if (refreshes) this.#describe([...this.#held.keys()].map(({ userId }) => userId));
  }

  #deliver(held: HeldSocket, item: RelayItem): void {
    const { socket, number } = held;
    const frames = framesOf(item, held);
    if (!frames || frames.length === 0) return;
    if (socket.isLive) this.#frames += frames.length;
    held.sends = Math.max(0, held.sends - (item.answers?.get(number) ?? 0));
    if (!item.moves && item.bySocket.has(number)) for (const frame of frames) socket.sendAck(frame);
    else this.#lagging.deliver(socket, frames, !item.own.has(socket.userId));
  }

  /** What came while a page was on its way. The page has a part of it. */
  #sendMissed(held: HeldSocket): void {
    const { socket, generation } = held;
    const missed = held.missed.splice(0);
    held.generation = null;
    if (generation !== null && socket.relayed?.generation !== generation) this.#fallBehind(held, missed);
    for (const item of missed) {
      const { kick, joined } = item;
      if (kick && (kick.userIds.includes(socket.userId) || isAmongViewers(socket, kick)))
        this.kick((other) => other === socket, kick.reason);
      if (joined?.includes(socket.userId)) keep(socket, { isViewer: undefined });
      const visibleFrom = item.deleted?.get(socket.userId);
      if (visibleFrom !== undefined) keep(socket, { visibleFrom });
      this.#deliver(held, item);
    }
  }

  #send(held: HeldSocket, items: SendItem[]): void {
    const { socket } = held;
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
    held.sends += drafts.length;
    this.#stayAwake();
    this.#sends.add({ socket, place: placeOf(held, this.#id.relay), drafts });
  }

  #stayAwake(): void {
    this.#awake ??= setTimeout(() => {
      this.#awake = undefined;
      if ([...this.#held.values()].some(({ sends }) => sends > 0)) this.#stayAwake();
    }, AWAKE_MS);
  }

  async #read(held: HeldSocket, seq: Position): Promise<void> {
    try {
      const place = placeOf(held, this.#id.relay);
      await this.#deps.conversations.readForRelay(this.#conversation, { place, seq });
    } catch (error) {
      this.failed(held.socket, error);
    }
  }

  async #catchUp(socket: RoomSocket): Promise<void> {
    const [held, { replay }] = [this.#held.get(socket), socket];
    if (!held || !replay || held.pages > 0) return;
    const { after, rev } = replay;
    await this.#pageTurns.run(() => this.#page(held, { after, rev, isAsked: false }));
  }

  /** Sends a socket a page, which it has asked for or needs. What comes meanwhile waits, and follows. */
  async #page(
    held: HeldSocket,
    from: { after: Position; rev: number | undefined; isAsked: boolean },
  ): Promise<void> {
    const { socket } = held;
    const { userId, showsThreads, takesChanges, takesParts } = socket;
    held.pages++;
    try {
      const wishes = { showsThreads, takesChanges, takesParts };
      const { conversations, timing } = this.#deps;
      const call = conversations.pageForRelay(this.#conversation, { userId, ...wishes, ...from });
      const page = await withDeadline(call, timing.relays.callMs);
      this.#sendPage(held, page, from);
    } catch (error) {
      if (error instanceof CoreError && error.code === "not_found" && !from.isAsked)
        this.kick((other) => other === socket, "removed");
      else if (from.isAsked) this.failed(socket, error);
      else log("warn", "relay_page_failed", { ...this.#id, ...errorFields(error) });
    } finally {
      held.pages--;
    }
    if (held.pages === 0) this.#sendMissed(held);
  }

  #sendPage(
    held: HeldSocket,
    { frames, at, hasMore, messages, ...kept }: RelayedPage,
    { rev, isAsked }: { rev: number | undefined; isAsked: boolean },
  ): void {
    const { socket } = held;
    this.#budgets.charge(socket.userId, isAsked ? weightOfMessages(messages) : 0);
    const { visibleFrom, generation, isViewer } = kept;
    keep(socket, { visibleFrom, generation, isViewer: isViewer || undefined });
    for (const frame of frames) socket.send(frame);
    // A page without changes leaves them to what comes live.
    held.at = rev === undefined ? { ...at, rev: held.at?.rev ?? this.#told.position?.rev ?? at.rev } : at;
    if (!hasMore) socket.goLive();
    else if (isAsked) socket.fallBehind(at.seq, at.rev);
    else this.#lagging.lag(socket, at);
  }

  /** Sends users the conversation as they see it now. One that cannot be described is not tried again. */
  #describe(userIds: readonly UserId[]): void {
    for (const id of userIds) this.#described.add(id);
    if (!this.#isDescribing) void this.#describeAll();
  }

  async #describeAll(): Promise<void> {
    this.#isDescribing = true;
    while (this.#described.size > 0) {
      const userIds = [...this.#described].slice(0, DESCRIBED);
      for (const id of userIds) this.#described.delete(id);
      try {
        const { conversations } = this.#deps;
        const frames = await conversations.describeForRelay(this.#conversation, { userIds });
        for (const { socket } of this.#held.values()) {
          const frame = frames.get(socket.userId);
          if (frame !== undefined) this.#lagging.deliver(socket, [frame], false);
        }
      } catch (error) {
        log("warn", "conversation_update_failed", { ...this.#id, ...errorFields(error) });
      }
    }
    this.#isDescribing = false;
  }

  get #conversation(): ConversationId {
    return this.#id.conversationId;
  }
}

/** Keeps something of a socket, unless it is known. */
function keep(socket: RoomSocket, changes: Partial<Relayed>): void {
  const { relayed } = socket;
  if (!relayed) return;
  const kept = { ...relayed, ...changes };
  const fields = ["visibleFrom", "generation", "isViewer"] as const;
  if (fields.some((field) => kept[field] !== relayed[field])) socket.relayed = kept;
}

/** Whether a socket is one of the viewers who all leave. */
function isAmongViewers({ relayed }: RoomSocket, { viewers }: { viewers?: true }): boolean {
  return viewers === true && relayed?.isViewer === true;
}

/** A number that no socket has had: the conversation may still answer one that has closed. */
function newNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low;
}
