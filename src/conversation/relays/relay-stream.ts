import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { frames } from "../../object/frames.ts";
import type { ChangeAnnouncement } from "../change-feed/change-feed.ts";
import { isInMain, type MessageRow } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import { newRows } from "../sending/send-queue.ts";
import { type OutgoingMessage, outgoing } from "../sockets/broadcast-frames.ts";
import { sendChanges } from "../sockets/changed-frames.ts";
import { EchoBudgets } from "../sockets/echo-budgets.ts";
import type { StoredChange } from "../state/group-change.ts";
import type { Audience, Published } from "../state/published.ts";
import type { SocketSink } from "../state/socket-sink.ts";
import type { Sample } from "../viewers/sampling.ts";
import { emptyItem, type MessageRun, type RelayLink } from "./relay-link.ts";
import { type RelayItem, type RelayNumber, relayOf } from "./relay-update.ts";
import { ItemFrames, RelayedSocket } from "./relayed-socket.ts";

/** The room, as what relays are told is made of it. */
type StreamedRoom = Pick<
  RoomContext,
  "state" | "log" | "members" | "viewers" | "sampling" | "renderer" | "encoder" | "changeFeed"
>;

/**
 * Tells relays what room sockets are told: each event once for all sockets that are sent the same, and once
 * for each user who sees it otherwise. Without relays it does nothing.
 */
export class RelayStream implements SocketSink {
  readonly #room: StreamedRoom;
  readonly #protocol: RoomProtocol;
  readonly #links: ReadonlyMap<RelayNumber, RelayLink>;
  /** up to where everything was told */
  #at: SyncPosition;

  constructor(room: StreamedRoom, protocol: RoomProtocol, links: ReadonlyMap<RelayNumber, RelayLink>) {
    this.#room = room;
    this.#protocol = protocol;
    this.#links = links;
    this.#at = this.position;
  }

  /** Up to where relays are told everything. Without relays that is the newest message and change. */
  get position(): SyncPosition {
    const { log, changeFeed } = this.#room;
    if (this.#links.size === 0) this.#at = { seq: log.last.seq, rev: changeFeed.announcedRev };
    return this.#at;
  }

  sent(outcomes: SendOutcome<SendOrigin>[]): void {
    if (this.#links.size === 0) return;
    const rows = newRows(outcomes);
    const sample = this.#room.sampling?.of(rows) ?? null;
    const messages: OutgoingMessage[] = [];
    const acks = new Map<RelayedSocket, EncodedPart[]>();
    const echoes = new EchoBudgets();
    for (const { send, result } of outcomes) {
      const { origin, draft } = send;
      const from = "socket" in origin && origin.socket instanceof RelayedSocket ? origin.socket : null;
      if (!result.ok) {
        from?.answer([this.#protocol.refused(result, { clientMsgId: draft.clientMsgId })], 1);
        continue;
      }
      const { row, isRepeated } = result.value;
      const shown = isRepeated ? null : outgoing(this.#room, this.#protocol, row, from, sample);
      if (shown) messages.push(shown);
      if (!from) continue;
      const receipt = { seq: row.seq, createdAt: row.created_at };
      const echo = echoes.allows(from) ? this.#echo(row, from.userId, shown) : undefined;
      if (echo !== undefined) echoes.take(from, echo);
      const ack = this.#protocol.ack(this.#room.state.id, receipt, draft.clientMsgId, echo);
      acks.set(from, [...(acks.get(from) ?? []), ack]);
    }
    this.#tellMessages(messages, rows.at(-1)?.seq, sample);
    // Behind the messages: a client with an ack for seq 7 has been sent every message before it.
    for (const [socket, parts] of acks) socket.answer(frames(parts, this.#protocol.acks), parts.length);
  }

  imported(rows: readonly MessageRow[]): void {
    if (this.#links.size === 0) return;
    const sample = this.#room.sampling?.of(rows, false) ?? null;
    const { hides } = this.#room.log;
    const messages = rows.map((row) => ({
      ...outgoing(this.#room, this.#protocol, row, null, sample),
      except: new Set(hides.usersOf(row.seq)),
    }));
    this.#tellMessages(messages, rows.at(-1)?.seq, sample);
  }

  sampleEnded(sample: Sample): void {
    if (this.#links.size > 0) this.#tellMessages([], sample.range.lastSeq, sample);
  }

  tell({ event, to, from }: Published): void {
    if (this.#links.size === 0) return;
    // Pages have the changes of hides and imports, which are announced to nobody. A socket that has just
    // loaded one would take the event for a part of it.
    this.#moveTo({ rev: this.#room.changeFeed.announcedRev });
    const made = new ItemFrames(usersOf(to));
    if (typeof event !== "function") {
      const told = [this.#protocol.event(event)];
      for (const viewer of made.viewers) if (this.#isTold(viewer.userId, to)) made.deliver(viewer, told);
    } else
      for (const userId of usersOf(to)) {
        const own = this.#links.has(relayOf(userId)) ? event(userId) : null;
        if (own) made.tell(userId, this.#protocol.event(own));
      }
    const asked = from instanceof RelayedSocket ? from.place : null;
    const isDeletion = typeof event !== "function" && event.type === "deleted" && "own" in to;
    for (const link of this.#links.values())
      link.add({
        ...emptyItem(this.#at, false),
        ...made.frames,
        ...(asked?.relay === link.relay && { bySocket: new Map([[asked.number, []]]) }),
        ...(isDeletion && { deleted: new Map([[to.own, event.seq]]) }),
      });
  }

  messagesChanged(announcement: ChangeAnnouncement): void {
    if (this.#links.size === 0) return;
    this.#moveTo({ rev: announcement.rev });
    const all = this.#changed(announcement);
    const { rows } = announcement;
    const instead = rows.length < 2 ? [] : rows.map((row) => this.#changed({ ...announcement, rows: [row] }));
    for (const link of this.#links.values()) link.add({ ...all, instead });
  }

  revoked(row: Parameters<SocketSink["revoked"]>[0], by: UserId, rev: number): void {
    const { seq, shadowed, sender_id } = row;
    if (this.#links.size === 0) return;
    const { state, log } = this.#room;
    const frame = this.#protocol.event({ type: "revoked", conversationId: state.id, seq, by, rev });
    const made = new ItemFrames([...log.hides.usersOf(seq), ...(shadowed === null ? [] : [sender_id])]);
    for (const viewer of made.viewers) {
      if (!isInMain(row) && !viewer.showsThreads) continue;
      if (shadowed === null ? made.isAll(viewer) : viewer.userId === sender_id) made.deliver(viewer, [frame]);
    }
    for (const link of this.#links.values())
      link.add({ ...emptyItem(this.#at, false), ...made.frames, shows: seq, instead: [] });
  }

  hidden(seq: Seq, userId: UserId, rev: number): void {
    const event = { type: "hidden", conversationId: this.#room.state.id, seq, rev } as const;
    this.tell({ event, to: { only: new Set([userId]) } });
  }

  groupChanged({ change, systemMessage }: StoredChange): void {
    if (this.#links.size === 0) return;
    const { viewers } = this.#room;
    const { userIds = [], reason = "removed" as const } = change.kick ?? {};
    const kick = viewers.haveLeft(change) ? { userIds, reason, viewers: true as const } : change.kick;
    const arrived = viewers.isAudienceRoom ? (change.members ?? []) : [];
    const joined = arrived.filter(({ state }) => state === "active").map(({ user_id }) => user_id);
    if (kick || joined.length > 0)
      for (const link of this.#links.values())
        link.add({ ...emptyItem(this.#at, false), ...(kick && { kick }), joined });
    if (!systemMessage) return;
    const sample = this.#room.sampling?.of([systemMessage], false) ?? null;
    const message = outgoing(this.#room, this.#protocol, systemMessage, null, sample);
    this.#tellMessages([message], systemMessage.seq, sample);
  }

  /** What relays hold is not known here: they may hold sockets that are told of messages as a whole alone. */
  tellsWhole(): boolean {
    return this.#links.size > 0;
  }

  /** Whether the relay of a user has sockets. */
  reaches(userId: UserId): boolean {
    return this.#links.has(relayOf(userId));
  }

  refresh(): UserId[] {
    for (const link of this.#links.values()) link.add({ ...emptyItem(this.#at, false), refreshes: true });
    return [];
  }

  #moveTo({ seq, rev }: { seq?: number | undefined; rev?: number | undefined }): void {
    if (seq !== undefined || rev !== undefined)
      this.#at = { seq: Position.parse(seq ?? this.#at.seq), rev: rev ?? this.#at.rev };
  }

  /** @param last the newest message with them. What a part of the sockets alone is told of moves nothing */
  #tellMessages(messages: readonly OutgoingMessage[], last: number | undefined, sample: Sample | null): void {
    const at = { seq: Position.parse(last ?? this.#at.seq), rev: this.#at.rev };
    if (sample?.isTold !== false) this.#at = at;
    if (messages.length === 0 && !sample) return;
    // A message with a quote is an item of its own: who does not see the quoted one is sent it without.
    const runs = runsOf(messages, sample);
    for (const link of this.#links.values()) for (const run of runs) link.addMessages(run, at);
  }

  #isTold(userId: UserId, to: Audience): boolean {
    if ("membersAnd" in to) return true;
    if ("only" in to) return to.only.has(userId);
    if ("own" in to) return userId === to.own;
    return userId === to.around ? to.self !== "nowhere" : !this.#room.state.isBlocked;
  }

  #changed(announcement: ChangeAnnouncement): RelayItem {
    const { renderer, log } = this.#room;
    const { rows, ownersOf } = announcement;
    const special = rows.flatMap((row) => [
      ...(ownersOf.get(row.seq) ?? []),
      ...log.hides.usersOf(row.seq),
      ...(row.shadowed === null ? [] : [row.sender_id]),
      ...(renderer.renderForAll(row).blind?.users ?? []),
    ]);
    const made = new ItemFrames(special);
    sendChanges(this.#room, announcement, made.viewers, this.#protocol, made);
    const oldest = rows.reduce<Seq | undefined>(
      (least, { seq }) => (least === undefined || seq < least ? seq : least),
      undefined,
    );
    const shows = oldest !== undefined && { shows: oldest, instead: [] };
    return { ...emptyItem(this.#at, true), ...made.frames, ...shows };
  }

  /** The message for the ack of its sender. @see Broadcast */
  #echo(row: MessageRow, userId: UserId, shown: OutgoingMessage | null): EncodedPart | undefined {
    if (shown) return shown.redacted?.users.has(userId) ? shown.redacted.part : shown.part;
    const { members, renderer } = this.#room;
    const sender = members.find(userId);
    const [message] = sender ? renderer.render([row], renderer.senderAsReader(row, sender)) : [];
    return message && this.#protocol.message(message);
  }
}

/** The users whom an event names as its audience. */
function usersOf(to: Audience): UserId[] {
  if ("membersAnd" in to) return [];
  if ("only" in to) return [...to.only];
  return ["own" in to ? to.own : to.around];
}

/** Messages in a row, of which each that is shown to some without its quote is alone. */
function runsOf(messages: readonly OutgoingMessage[], sample: Sample | null): MessageRun[] {
  const runs: OutgoingMessage[][] = messages.length === 0 ? [[]] : [];
  for (const message of messages) {
    const last = runs.at(-1);
    if (last && !message.redacted && last.every(({ redacted }) => !redacted)) last.push(message);
    else runs.push([message]);
  }
  if (!sample) return runs.map((run) => ({ messages: run, sample: null }));
  const { isTold, range } = sample;
  const endOf = (i: number) =>
    Position.parse(i === runs.length - 1 ? range.lastSeq : (runs[i]?.at(-1)?.seq ?? range.lastSeq));
  return runs.map((run, i) => {
    // Of a range that waits a socket may be sent this run and none before.
    const after = i === 0 || !isTold ? range.after : endOf(i - 1);
    return { messages: run, sample: { isTold, range: { after, lastSeq: endOf(i) } } };
  });
}
