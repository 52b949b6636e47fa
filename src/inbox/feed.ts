import type { Bump, Passing, Told } from "../core/bump.ts";
import { CoreError, type Result } from "../core/errors.ts";
import { type ConversationId, Position, type UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { AnyDraft, Receipt } from "../core/message.ts";
import type { Conversations, ReplayInput } from "../core/ports.ts";
import type { SyncPoint } from "../core/protocol.ts";
import { emptyPage, type Place, type ReplayPage } from "../core/replay.ts";
import type { Timing } from "../core/timing.ts";
import { withDeadline } from "../object/deadline.ts";
import { messageFrames, pageFrames } from "../object/frames.ts";
import { Serial } from "../object/serial.ts";
import type { Cursors } from "./cursors.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { List } from "./list.ts";
import { OwnReads } from "./own-reads.ts";
import { bring, goesOn, type Own } from "./push.ts";
import type { Scenes } from "./scenes.ts";
import { type Audience, Standings } from "./standings.ts";

export interface FeedDeps {
  audience: Audience;
  list: List;
  cursors: Cursors;
  conversations: Conversations;
  scenes: Scenes;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

/**
 * Tells the sockets of a user's devices what conversations have to say, each message once, in order, without a
 * gap. What concerns one conversation – a bump, a replay, a send – happens one after the other, so that a page and
 * what comes live meet. Where they stand is written before they are told, in the same turn: what fails is told
 * later, and nothing twice.
 */
export class Feed {
  readonly #deps: FeedDeps;
  readonly #lines = new Serial<ConversationId>();
  /** the last passing event of each conversation that was told: a doubled bump tells nothing twice */
  readonly #passed = new Map<ConversationId, number>();
  readonly #reads = new OwnReads();
  readonly #standings: Standings;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
    this.#standings = new Standings(deps.audience, deps.cursors);
  }

  get #timing(): Timing["deviceFeed"] {
    return this.#deps.timing.deviceFeed;
  }

  /**
   * Takes a bump: into the list at once, to the sockets in its turn.
   * @returns up to where they know then
   * @throws where what is missing before it cannot be had: the conversation tries again
   */
  async bump(bump: Bump): Promise<Told> {
    const { audience, list } = this.#deps;
    if (!audience.isListening()) {
      list.take(bump);
      return null;
    }
    const id = bump.conversationId;
    // Nobody's list waits for what the sockets wait for.
    if (this.#lines.isBusy(id) && bump.state === "active") this.know(bump);
    return this.#lines.run(id, () => this.#take(bump));
  }

  /** Does something that concerns a conversation in its turn. */
  inTurn<T>(id: ConversationId, work: () => Promise<T>): Promise<T> {
    return this.#lines.run(id, work);
  }

  /**
   * Takes a snapshot into the list; up to where the sockets were told does not change by it. Only the first of
   * them, while it is being opened, was told nothing: what the snapshot has is before its time.
   */
  know(bump: Bump): void {
    const { audience, list } = this.#deps;
    const { conversationId: id, ver, lastSeq: seq, rev } = bump;
    const isBefore = audience.open().length === 0 && ver > (list.known(id)?.ver ?? -1);
    const told = isBefore ? { seq, rev } : this.#before(bump);
    list.take(bump, audience.isListening() ? told : null);
  }

  /** Replays what a socket misses, one page; the last one makes it live. @throws `not_found` */
  sync(socket: DeviceSocket, point: SyncPoint): Promise<void> {
    const id = point.conversationId;
    const until = Date.now() + this.#timing.callTimeoutMs;
    const inTurn = () =>
      this.#lines.run(id, () => {
        left(until);
        return this.#sync(socket, point);
      });
    return this.#standings.during(socket, id, inTurn);
  }

  /** A socket begins nowhere else: it is told what comes, and what has come meanwhile. */
  stay(socket: DeviceSocket, id: ConversationId): void {
    this.#standings.stay(socket, id);
  }

  async #sync(socket: DeviceSocket, { conversationId: id, after, rev }: SyncPoint): Promise<void> {
    const before = this.#standings.of(socket, id);
    const place = await this.#known(id);
    // Who names none wants no old changes; those that are on their way to it it would not get any more.
    const asked = { userId: this.#deps.userId(), after, rev: rev ?? (before ?? place).rev };
    const page = await this.#pageFor(socket, id, asked).catch((error: unknown) => {
      const at = before ?? place;
      if (isNotFound(error))
        this.#outOf(socket, id, {
          seq: Position.parse(Math.max(at.seq, after)),
          rev: Math.max(at.rev, asked.rev),
        });
      throw error;
    });
    // Nothing is kept for one that has closed meanwhile.
    if (socket.isClosing) return;
    const to = { seq: page.lastSeq, rev: page.rev };
    if (page.hasMore) this.#standings.behind(socket, id, to);
    else this.#standings.meet(socket, id, to, place);
    for (const frame of pageFrames(page, id, socket.protocol)) socket.send(frame);
    // What changed besides messages between its pages has not reached it.
    if (before?.standing === "behind" && !page.hasMore) void this.#announce(id);
  }

  /**
   * There is no page for a socket whose user is not in a conversation. What was his, where that is still to be told, and
   * what comes should he be back lead on from what it has.
   */
  #outOf(socket: DeviceSocket, id: ConversationId, place: Place): void {
    const others = this.#deps.list.known(id)?.told;
    if (others) this.#standings.meet(socket, id, place, others);
    else this.#standings.forget(socket, id);
  }

  /** A page for a socket; an empty one, behind which there is more, for one that has to read first what it was sent. */
  async #pageFor(
    socket: DeviceSocket,
    id: ConversationId,
    asked: ReplayInput & { rev: number },
  ): Promise<ReplayPage> {
    if (socket.hasRoomForPage) {
      const replay = this.#deps.conversations.replay(id, asked);
      const page = await withDeadline(replay, this.#timing.pageTimeoutMs);
      // The pages of other conversations may have come meanwhile.
      if (socket.hasRoomForPage) return page;
    }
    return emptyPage(asked);
  }

  /** A socket is no longer held: it gets what has come since it opened, but for where it begins elsewhere. */
  async release(socket: DeviceSocket, elsewhere: ReadonlySet<ConversationId>): Promise<void> {
    const held = this.#standings.held(socket).filter((id) => !elsewhere.has(id));
    await Promise.all(held.map((id) => this.#lines.run(id, () => this.#release(socket, id))));
  }

  async #release(socket: DeviceSocket, id: ConversationId): Promise<void> {
    const cursor = this.#standings.of(socket, id);
    if (cursor?.standing !== "held") return;
    const others = await this.#known(id);
    const upto = { conversationId: id, lastSeq: others.seq, rev: others.rev };
    await bring(this.#deps, this.#standings.alone(socket, id, cursor, others), upto);
  }

  /**
   * Sends what a socket has sent; its other sockets are told, and it itself of what came before.
   * @param take gives the drafts, once it is their turn: what came meanwhile goes with them
   * @param settle told what became of each, in order, once the socket may hear it
   */
  send(
    socket: DeviceSocket,
    id: ConversationId,
    take: () => AnyDraft[],
    settle: (outcomes: Result<Receipt>[]) => void,
  ): Promise<void> {
    const until = Date.now() + this.#timing.sendTimeoutMs;
    return this.#lines.run(id, async () => {
      const { conversations, userId } = this.#deps;
      const from = await this.#known(id);
      // A session that was ended meanwhile says nothing any more.
      if (socket.isClosing) return;
      const ms = left(until);
      const shown = socket.protocol.acking === null;
      const sends = { userId: userId(), drafts: take(), told: from, shown };
      const { outcomes, bump } = await withDeadline(conversations.sends(id, sends), ms);
      const seqs = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.seq] : [])));
      if (bump) await this.#take(bump, { socket, seqs });
      if (shown) this.#show(socket, id, outcomes);
      settle(outcomes);
    });
  }

  /** Shows a socket once more what it has sent once more. */
  #show(socket: DeviceSocket, conversationId: ConversationId, outcomes: Result<Receipt>[]): void {
    const again = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.message ?? []) : []));
    const scene = this.#deps.scenes.of({ conversationId });
    for (const frame of messageFrames(again, socket.protocol, scene)) socket.send(frame);
  }

  /**
   * Moves the user's read position for a socket: its other sockets are told, before this resolves.
   * @throws as the conversation refuses
   */
  async read(socket: DeviceSocket, conversationId: ConversationId, seq: Position): Promise<void> {
    const { conversations, userId } = this.#deps;
    const { callTimeoutMs } = this.#timing;
    const until = Date.now() + callTimeoutMs;
    // Behind what it has sent there: one may read one's own message at once.
    await this.#lines.run(conversationId, () => left(until));
    if (socket.isClosing) return;
    await this.#reads.during({ socket, conversationId, seq }, () =>
      withDeadline(conversations.read(conversationId, { userId: userId(), seq }), callTimeoutMs),
    );
  }

  async #take(bump: Bump, own?: Own): Promise<Told> {
    const { list, scenes } = this.#deps;
    if (scenes.isWanted(bump.conversationId)) await scenes.prepare(bump.conversationId);
    const { conversationId: id, page } = bump;
    const before = this.#before(bump);
    // Late, it does not concern who is in it again.
    const isOut = bump.state !== "active" && bump.ver >= (list.known(id)?.ver ?? 0);
    // Of one that he has left no place is kept: not before his devices have all that was his.
    const note = (place: Place) => (isOut ? list.tell(id, place) : list.take(bump, place));
    const others = this.#standings.together(id, before, note);
    if (!page || !goesOn(page, before)) note(before);
    await bring(this.#deps, others, bump, own);
    for (const stand of this.#standings.apart(id, others.place, { evenHeld: isOut }))
      await bring(this.#deps, stand, bump, own);
    if (isOut) {
      list.take(bump, others.place);
      this.#standings.leave(id, bump.lastSeq);
    }
    this.#pass(id, bump.passing);
    return others.place;
  }

  /**
   * Up to where the sockets know before a bump. Of a conversation that is new they have nothing, but are not to
   * be told what was before the user came, but for what became of it since he left; of one that he has left nothing more is told.
   */
  #before({ conversationId, ver, state, newFrom, lastSeq, rev }: Bump): Place {
    const known = this.#deps.list.known(conversationId);
    if (known?.told) return known.told;
    const isNew = state === "active" && ver > (known?.ver ?? -1);
    return isNew ? { seq: newFrom, rev: known?.rev ?? rev } : { seq: lastSeq, rev };
  }

  /** Up to where the sockets know of a conversation, which is asked where nothing of it is known. */
  async #known(id: ConversationId): Promise<Place> {
    const { list, conversations, userId } = this.#deps;
    const known = list.known(id);
    if (known?.told) return known.told;
    const hello = conversations.hello(id, { userId: userId() });
    const bump = await withDeadline(hello, this.#timing.pageTimeoutMs);
    const place = this.#before(bump);
    list.take(bump, place);
    return place;
  }

  /** Has the sockets told what a conversation is like now; whoever wants to be certain asks for it. */
  async #announce(id: ConversationId): Promise<void> {
    try {
      await this.#deps.conversations.announce(id, { userId: this.#deps.userId() });
    } catch (error) {
      log("warn", "conversation_not_announced", { conversation: id, ...fault(error) });
    }
  }

  #pass(id: ConversationId, passing: Passing[]): void {
    for (const { id: number, event } of passing) {
      if (number <= (this.#passed.get(id) ?? 0)) continue;
      this.#passed.set(id, number);
      for (const socket of this.#deps.audience.open()) {
        const isBehind = this.#standings.of(socket, id)?.standing === "behind";
        if (isBehind || this.#reads.isOwn(socket, event)) continue;
        socket.tell(event);
      }
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof CoreError && error.code === "not_found";
}

/** What is left of the time for something, in ms. @throws `unavailable` where nothing is: it was waited for too long */
function left(until: number): number {
  const ms = until - Date.now();
  if (ms > 0) return ms;
  throw new CoreError("unavailable", "What came before this took too long. Try again.", { retryAfter: 1 });
}
