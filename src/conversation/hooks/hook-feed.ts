import { Position } from "../../domain/ids.ts";
import { readTip, type SystemMessage } from "../../domain/messages/content.ts";
import type { HookEventType } from "../../domain/server/hook.ts";
import type { ExternalIdsOfUsers, HookFormat } from "../../domain/server/hook-format.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { HookEvent } from "../../object/hooks/deliveries.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomStores } from "../room/context.ts";
import type { HookPosition } from "./hook-positions.ts";
import type { HookTaps } from "./hook-taps.ts";

/** What the feed shows. */
type Room = Pick<RoomStores, "state" | "log" | "members" | "renderer">;

/** Messages, and changes, of one page. */
const PAGE = 20;

/** The events of system messages that have a type of their own. */
const MEMBER_EVENTS: Partial<Record<SystemMessage["event"], HookEventType>> = {
  joined: "member.joined",
  left: "member.left",
  removed: "member.left",
};

/**
 * The events of a conversation for hooks: read from its log, from its changes and from its profile, so that
 * nothing is stored a second time. A message, a change and a version of the profile is an event each. Of a
 * message that changed several times the last change is one.
 */
export class HookFeed {
  readonly #sql: SqlStorage;
  readonly #room: Room;
  readonly #format: HookFormat;
  readonly #taps: HookTaps;
  /** the id that the team's backend has for the conversation; null: none */
  externalId: ExternalId | null = null;

  constructor(sql: SqlStorage, room: Room, format: HookFormat, taps: HookTaps) {
    this.#sql = sql;
    this.#taps = taps;
    this.#room = room;
    this.#format = format;
  }

  /** Where a hook begins that is told of nothing before now. */
  get end(): HookPosition {
    const { state, log } = this.#room;
    return {
      seq: log.last.seq,
      rev: state.rev,
      version: state.profile.version,
      isNew: false,
      tap: this.#taps.last,
    };
  }

  /** A position behind the messages that have expired: a hook is not told of them. */
  #aboveFloor(at: HookPosition): HookPosition {
    const { floor } = this.#room.state;
    return at.seq < floor.seq ? { ...at, seq: floor.seq } : at;
  }

  /** Whether there are events behind a position. */
  isBehind({ seq, rev, version, isNew, tap }: HookPosition): boolean {
    const { state, log } = this.#room;
    if (isNew || seq < log.last.seq || rev < state.rev || version < state.profile.version) return true;
    return tap < this.#taps.last;
  }

  /**
   * A page of the events behind a position, in their order. A change comes behind the message that it
   * changes.
   */
  after(start: HookPosition): HookEvent<HookPosition>[] {
    const events: HookEvent<HookPosition>[] = [];
    let at = this.#aboveFloor(start);
    const add = (next: Partial<HookPosition>, event: Omit<HookEvent<HookPosition>, "next">) => {
      at = { ...at, ...next };
      events.push({ ...event, next: at });
    };
    if (at.isNew) add({ isNew: false }, this.#ofConversation("created", "conversation.created", 0));
    const rows = this.#messagesAfter(at.seq);
    for (const row of rows) add({ seq: Position.parse(row.seq) }, this.#ofMessage(row));
    // Behind them there may be shadowed and imported messages, of which nobody is told.
    if (rows.length < PAGE) at = { ...at, seq: this.#room.log.last.seq };
    for (const row of this.#changesAfter(at.rev)) {
      // It is told once the hook has the message.
      if (row.seq > at.seq) break;
      add({ rev: row.changed_rev ?? at.rev }, this.#ofChange(row));
    }
    for (const tap of this.#taps.after(at.tap, PAGE)) {
      if (tap.seq > at.seq) break;
      add({ tap: tap.id }, this.#ofTap(tap));
    }
    return [...events, ...this.#ofProfile(at)];
  }

  #messagesAfter(seq: Position): MessageRow[] {
    const query = `SELECT * FROM messages WHERE seq > ? AND shadowed IS NULL
      AND NOT EXISTS (SELECT 1 FROM imported_messages AS i WHERE i.seq = messages.seq) ORDER BY seq LIMIT ?`;
    return this.#whole(this.#sql.exec<MessageRow>(query, seq, PAGE).toArray());
  }

  #changesAfter(rev: number): MessageRow[] {
    const query = `SELECT * FROM messages INDEXED BY messages_changed
      WHERE changed_rev > ? AND seq > ? AND shadowed IS NULL ORDER BY changed_rev LIMIT ?`;
    return this.#whole(this.#sql.exec<MessageRow>(query, rev, this.#room.state.floor.seq, PAGE).toArray());
  }

  #whole(rows: MessageRow[]): MessageRow[] {
    return this.#room.log.archives.bodies.all(rows);
  }

  #ofMessage(row: MessageRow) {
    const tip = row.kind === "tip" ? readTip(row.body) : null;
    const systemMessage = tip && !("notice" in tip) ? tip : null;
    const type = systemMessage ? MEMBER_EVENTS[systemMessage.event] : undefined;
    const message = () => this.#room.renderer.renderForAll(row).message;
    const place = this.#placeOf(row);
    return {
      id: this.#idOf(`s${row.seq}`),
      type: type ?? ("message.created" as const),
      at: row.created_at,
      users: [row.sender_id, ...(systemMessage?.user_ids ?? [])],
      data: (externalIds: ExternalIdsOfUsers) =>
        this.#format.data(
          systemMessage && type ? { ...place, member: systemMessage } : { ...place, message: message() },
          externalIds,
        ),
    };
  }

  /** Whatever changes of a revoked message, its event is that it is revoked: at each try it is the same. */
  #ofChange(row: MessageRow) {
    const rev = row.changed_rev ?? 0;
    const place = this.#placeOf(row);
    return {
      id: this.#idOf(`r${rev}`),
      type: row.revoked_rev === null ? ("message.changed" as const) : ("message.revoked" as const),
      at: row.edited_at ?? Date.now(),
      users: [row.sender_id],
      data: (externalIds: ExternalIdsOfUsers) =>
        this.#format.data({ ...place, message: this.#room.renderer.renderForAll(row).message }, externalIds),
    };
  }

  #ofTap({ id, seq, userId, botId, data, at }: ReturnType<HookTaps["after"]>[number]) {
    const { state, renderer } = this.#room;
    const place = { ...this.#names, seq, rev: state.rev };
    return {
      ...{ id: this.#idOf(id), type: "message.tapped" as const, at, users: [userId] },
      data: (externalIds: ExternalIdsOfUsers) =>
        this.#format.data({ ...place, tap: { id, botId, user: renderer.person(userId), data } }, externalIds),
    };
  }

  /** The version of the profile, once all changes are told. */
  #ofProfile(at: HookPosition): HookEvent<HookPosition>[] {
    const { state, log } = this.#room;
    const { version, changedAt } = state.profile;
    if (version <= at.version || at.seq < log.last.seq) return [];
    const [name, type] =
      state.dissolvedAt === null
        ? ([`v${version}`, "conversation.changed"] as const)
        : (["dissolved", "conversation.dissolved"] as const);
    return [{ ...this.#ofConversation(name, type, changedAt), next: { ...at, version } }];
  }

  #ofConversation(name: string, type: HookEventType, at: number) {
    const { state, log, members } = this.#room;
    return {
      ...{ id: this.#idOf(name), type, at: at || state.profile.createdAt, users: [] },
      data: (externalIds: ExternalIdsOfUsers) =>
        this.#format.data(
          {
            ...{ ...this.#names, seq: log.last.seq, rev: state.rev },
            conversation: {
              profile: state.profile,
              memberCount: members.activeCount,
              dissolvedAt: state.dissolvedAt,
            },
          },
          externalIds,
        ),
    };
  }

  get #names() {
    const { id: conversationId, profile } = this.#room.state;
    return { conversationId, externalId: this.externalId, spaceId: profile.spaceId };
  }

  #placeOf({ seq, changed_rev: rev }: MessageRow) {
    return { ...this.#names, seq, rev: rev ?? 0 };
  }

  #idOf(name: string): string {
    return `evt_c${this.#room.state.id}_${name}`;
  }
}
