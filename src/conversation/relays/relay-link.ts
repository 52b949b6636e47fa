import { Position, type UserId } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { framesFor, type OutgoingMessage } from "../sockets/broadcast-frames.ts";
import type { Sample } from "../viewers/sampling.ts";
import {
  Generation,
  type RelayId,
  type RelayItem,
  type RelayNumber,
  type RelayPort,
  relayOf,
} from "./relay-update.ts";
import { ItemFrames, type RelayedPlace, RelayedSocket } from "./relayed-socket.ts";

/** Messages in a row. */
export interface MessageRun {
  messages: OutgoingMessage[];
  /** of what they are a part; null: of nothing */
  sample: Pick<Sample, "range" | "isTold"> | null;
}

/** Messages that are one item once they are sent. */
interface WaitingMessages extends MessageRun {
  at: SyncPosition;
}

/** Sockets that have sent something lately, from so many on. */
const MANY_SENDERS = 1_000;
/** So many items are more than a relay is behind by a slow call. */
const MAX_WAITING = 2_000;

/** An item that has nothing yet. */
export function emptyItem(at: SyncPosition, moves: boolean): RelayItem {
  return { at, moves, shared: new Map(), own: new Map(), bySocket: new Map() };
}

/** What becomes of a link. */
interface LinkChanges {
  /** another generation has begun */
  begun(generation: Generation): void;
  /** the relay has been told everything */
  told(): void;
  /** the relay has no sockets any more */
  emptied(): void;
}

/**
 * What waits for one relay, and the call that brings it. One call is under way; what comes meanwhile goes
 * with the next. The pause between two calls grows with the sockets of the relay, as each call is a frame or
 * more for each of them. After a call that has failed another generation begins: the sockets of the relay
 * then ask for what they lack.
 */
export class RelayLink {
  readonly #id: RelayId;
  readonly #protocol: RoomProtocol;
  readonly #port: RelayPort;
  readonly #timing: Timing["relays"];
  readonly #changes: LinkChanges;
  #waiting: (WaitingMessages | RelayItem)[] = [];
  /** the sockets that have sent something lately, by number: their sends keep their order */
  readonly #senders = new Map<number, { socket: RelayedSocket; at: number }>();
  #generation: Generation;
  /** the relay has been told of the generation */
  #isTold: boolean;
  #now: SyncPosition;
  #sockets = 1;
  /** null: not known since this object woke */
  users: number | null;
  #calledAt = 0;
  #failures = 0;
  #isCalling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** a socket has opened since the call began that is under way */
  #hasOpened = false;

  /**
   * @param generation of what the relay has been told; null: it may lack something
   * @param now the position of the conversation
   * @param isNew no socket of the relay is open
   */
  constructor(
    id: RelayId,
    deps: { protocol: RoomProtocol; port: RelayPort; timing: Timing["relays"] },
    { generation, now, isNew }: { generation: Generation | null; now: SyncPosition; isNew: boolean },
    changes: LinkChanges,
  ) {
    this.#id = id;
    this.#protocol = deps.protocol;
    this.#port = deps.port;
    this.#timing = deps.timing;
    this.#changes = changes;
    this.#isTold = generation !== null;
    this.#generation = generation ?? this.#begin();
    this.#now = now;
    this.users = isNew ? 0 : null;
  }

  get relay(): RelayNumber {
    return this.#id.relay;
  }

  /** Whether the relay has been told everything. */
  get isUpToDate(): boolean {
    return this.#isTold && this.#waiting.length === 0 && !this.#isCalling;
  }

  /**
   * A socket opens in the relay, or gets a page: what waits ends where the page does.
   * @returns the generation of what the socket is told from then on
   */
  opened(): Generation {
    this.#hasOpened = true;
    this.#waiting.push(emptyItem(this.#now, false));
    return this.#generation;
  }

  /** Adds new messages, to the last ones that wait if nobody leaves between them. */
  addMessages({ messages: all, sample }: MessageRun, at: SyncPosition): void {
    const messages = all.filter(
      ({ keptFor }) => keptFor === null || [...keptFor].some((id) => this.#has(id)),
    );
    const isPartial = sample?.isTold === false;
    if (isPartial && messages.length === 0) return;
    const last = this.#waiting.findLast((entry) => "messages" in entry || isBarrier(entry));
    if (last && "messages" in last && !isBarrier(last) && !hasRedacted(messages)) {
      last.messages.push(...messages);
      last.sample = joined(last, { sample, at });
      last.at = at;
    } else this.#waiting.push({ messages, sample, at });
    this.#changed(isPartial ? this.#now : at);
  }

  add(item: RelayItem): void {
    const own = item.own.size === 0 ? item.own : new Map([...item.own].filter(([id]) => this.#has(id)));
    const joined = item.joined?.filter((id) => this.#has(id)) ?? [];
    const shown = { ...item, own, ...(joined.length > 0 && { joined }) };
    if (isNothing(shown)) return;
    this.#waiting.push(shown);
    this.#changed(item.at);
  }

  /** The socket of a send, the same for each of its sends. */
  socketOf(place: RelayedPlace): RelayedSocket {
    const now = Date.now();
    const answer = (frames: readonly string[], sends: number) => this.#answer(place.number, frames, sends);
    const found = this.#senders.get(place.number)?.socket;
    const socket = found?.place.sessionId === place.sessionId ? found : new RelayedSocket(place, answer);
    this.#senders.set(place.number, { socket, at: now });
    if (this.#senders.size > MANY_SENDERS)
      for (const [number, { at }] of this.#senders)
        if (now - at > this.#timing.senderMs) this.#senders.delete(number);
    return socket;
  }

  /** Adds acks or refusals for a socket, to those that wait as the last. */
  #answer(number: number, frames: readonly string[], sends: number): void {
    const last = this.#waiting.at(-1);
    const known = last && !("messages" in last) && isAnswers(last) ? last : null;
    const bySocket = new Map(known?.bySocket);
    const answers = new Map(known?.answers);
    bySocket.set(number, [...(bySocket.get(number) ?? []), ...frames]);
    answers.set(number, (answers.get(number) ?? 0) + sends);
    if (known) this.#waiting.pop();
    this.#waiting.push({ ...emptyItem(this.#now, false), bySocket, answers });
    this.#changed(this.#now);
  }

  /** Closes the sockets of a session. Rejects if the relay does not answer. */
  async kick(input: Parameters<RelayPort["kick"]>[1]): Promise<void> {
    for (const { socket } of this.#senders.values())
      if (socket.place.sessionId === input.sessionId) socket.isClosing = true;
    await withDeadline(this.#port.kick(this.#id, input), this.#timing.callMs);
  }

  openSessions(input: Parameters<RelayPort["openSessions"]>[1]): ReturnType<RelayPort["openSessions"]> {
    return withDeadline(this.#port.openSessions(this.#id, input), this.#timing.callMs);
  }

  /** Calls the relay soon, if it may lack something. */
  resume(): void {
    if (!this.isUpToDate) this.#schedule();
  }

  /** Calls the relay now, if it may lack something, whatever pause it has. Waits for the call. */
  async repair(): Promise<void> {
    if (!this.isUpToDate) await this.ask();
  }

  /** Calls the relay now, and waits for the call, unless one is under way. */
  async ask(): Promise<void> {
    if (this.#isCalling) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#call();
  }

  #has(userId: UserId): boolean {
    return relayOf(userId) === this.#id.relay;
  }

  #changed(at: SyncPosition): void {
    this.#now = at;
    if (this.#waiting.length > MAX_WAITING) this.#lose();
    this.#schedule();
  }

  /** What waits is given up: the sockets of the relay ask for it. */
  #lose(): void {
    this.#waiting = [];
    this.#isTold = false;
    this.#generation = this.#begin();
  }

  #begin(): Generation {
    const generation = Generation.parse(crypto.randomUUID());
    this.#changes.begun(generation);
    return generation;
  }

  #schedule(): void {
    if (this.#isCalling || this.#timer !== undefined) return;
    const { pauseUs, retryMs, maxRetryMs } = this.#timing;
    const pause =
      this.#failures === 0
        ? (this.#sockets * pauseUs) / 1_000
        : Math.min(maxRetryMs, retryMs * 2 ** (this.#failures - 1));
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#call();
      },
      Math.max(0, this.#calledAt + pause - Date.now()),
    );
  }

  async #call(): Promise<void> {
    this.#isCalling = true;
    this.#hasOpened = false;
    this.#calledAt = Date.now();
    const to = this.#now;
    const waiting = this.#waiting.splice(0);
    try {
      const items = waiting
        .map((entry) => ("messages" in entry ? this.#itemOf(entry) : entry))
        .filter((item) => !isNothing(item));
      const generation = this.#generation;
      const call = this.#port.update(this.#id, { generation, to, items });
      const { sockets, users } = await withDeadline(call, this.#timing.callMs);
      this.#sockets = sockets;
      this.users = users;
      this.#isTold = generation === this.#generation;
      this.#failures = 0;
      for (const { socket } of this.#senders.values()) socket.waiting = 0;
    } catch (error) {
      log("warn", "relay_failed", { ...this.#id, failures: this.#failures, ...errorFields(error) });
      this.#failures++;
      this.#lose();
    }
    this.#isCalling = false;
    if (this.#sockets === 0 && !this.#hasOpened) this.#changes.emptied();
    else if (!this.isUpToDate) this.#schedule();
    else this.#changes.told();
  }

  #itemOf(waiting: WaitingMessages): RelayItem {
    const { messages } = waiting;
    const item = this.#framesOf(waiting, (message) => message.redacted?.hiders ?? []);
    const [redacted] = messages.flatMap((message) => message.redacted ?? []);
    if (!redacted) return item;
    const blind = messages.map((message) => ({ ...message, part: redacted.part, redacted: null }));
    return {
      ...item,
      shows: redacted.quoted,
      instead: [this.#framesOf({ ...waiting, messages: blind }, () => [])],
    };
  }

  /** @param othersOf the users who are shown a message otherwise than all */
  #framesOf(
    { messages, sample, at }: WaitingMessages,
    othersOf: (message: OutgoingMessage) => readonly UserId[],
  ): RelayItem {
    const special = messages.flatMap((message) => [
      ...(message.only === null ? [] : [message.only]),
      ...(message.except ?? []),
      ...(message.keptFor ?? []),
      ...othersOf(message),
    ]);
    const frames = new ItemFrames(special.filter((id) => this.#has(id)));
    framesFor(messages, frames.viewers, this.#protocol, frames, sample);
    const bySocket = new Map<number, readonly string[]>();
    for (const { from } of messages)
      if (from instanceof RelayedSocket && from.place.relay === this.#id.relay)
        framesFor(
          messages,
          [from],
          this.#protocol,
          { deliver: (_, made) => void bySocket.set(from.place.number, made) },
          sample,
        );
    const isPartial = sample?.isTold === false && { isPartial: true as const };
    return { at, moves: true, ...isPartial, ...frames.frames, bySocket };
  }
}

/** The sample of messages that become one item: all that is told of either is told. */
function joined(
  { sample: one, at: { seq } }: Pick<WaitingMessages, "sample" | "at">,
  { sample: next, at }: Pick<WaitingMessages, "sample" | "at">,
): MessageRun["sample"] {
  if (!one && !next) return null;
  const after = Position.parse(Math.min(one?.range.after ?? seq, next?.range.after ?? at.seq));
  const isTold = one?.isTold !== false || next?.isTold !== false;
  return { isTold, range: { after, lastSeq: at.seq } };
}

/** Whether messages behind an entry may not go with those before it. */
function isBarrier(entry: WaitingMessages | RelayItem): boolean {
  return "messages" in entry ? hasRedacted(entry.messages) : entry.kick !== undefined || isNothing(entry);
}

function hasRedacted(messages: readonly OutgoingMessage[]): boolean {
  return messages.some(({ redacted }) => redacted !== null);
}

/** Whether an item has acks and refusals alone. */
function isAnswers(item: RelayItem): boolean {
  return item.bySocket.size > 0 && isNothing({ ...item, bySocket: new Map() });
}

/** Whether no socket is sent or done anything by an item. */
function isNothing({ moves, shared, own, bySocket, instead, ...other }: RelayItem): boolean {
  const { kick, deleted, refreshes, joined } = other;
  const hasFrames = shared.size > 0 || own.size > 0 || bySocket.size > 0;
  return !(moves || hasFrames || instead || kick || deleted || refreshes || joined);
}
