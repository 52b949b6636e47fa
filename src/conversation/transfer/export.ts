import { CustomFields } from "../../domain/custom-fields.ts";
import type {
  ExportPage,
  ExportPosition,
  PortableMark,
  PortableMember,
  PortableMessage,
  PortableRead,
} from "../../domain/data/portable-message.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readTip } from "../../domain/messages/content.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { bytesOf } from "../../domain/text.ts";
import { readButtons } from "../bots/stored-buttons.ts";
import { type EditHistory, versionOf } from "../log/edit-history.ts";
import { readAlsoMentioned, readMentions } from "../log/mention-index.ts";
import { isInMain, type MessageRow, readForwarded, readHook } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import { readPoll } from "../polls/stored-poll.ts";
import { readTally } from "../reactions/tally.ts";
import type { RoomContext } from "../room/context.ts";
import type { ExportMark, ExportMarks } from "./export-marks.ts";
import type { MessageExternalIds } from "./external-ids.ts";

/** What one turn reads: the senders of the room wait no longer than for a page of history. */
const MAX_MESSAGES = 200;
const MAX_BYTES = 256 * 1024;
const MAX_MEMBERS = 200;
const MAX_HIDES = 2_000;
/** What a reaction or a vote takes in a part, about. */
const MARK_BYTES = 64;
/** Messages that one turn looks through for those of one sender. */
const MAX_LOOKED_AT = 2_000;

/** Where an export begins. */
export type ExportStart =
  /** @property mark of an export of the deployment: when it began (ms since 1970) */
  { mark?: number | undefined; since?: number | undefined } | { after: ExportPosition };

/** Reads a conversation for exports, in bounded parts. */
export class ConversationExport {
  readonly #sql: SqlStorage;
  readonly #room: Pick<RoomContext, "flushSends" | "log" | "members" | "state">;
  readonly #history: Pick<EditHistory, "of">;
  readonly #ids: MessageExternalIds;
  readonly #marks: ExportMarks;

  constructor(
    sql: SqlStorage,
    room: Pick<RoomContext, "flushSends" | "log" | "members" | "state">,
    parts: { history: Pick<EditHistory, "of">; ids: MessageExternalIds; marks: ExportMarks },
  ) {
    this.#sql = sql;
    this.#room = room;
    this.#history = parts.history;
    this.#ids = parts.ids;
    this.#marks = parts.marks;
  }

  /**
   * The next part: messages in their order, then members, then how far they have read. A part with `since`
   * begins with the messages that have changed.
   * @param start `since`: what is new or changed since the export that began then; nothing, where nothing is
   */
  page(start: ExportStart): ExportPage {
    this.#room.flushSends();
    const position = "after" in start ? start.after : this.#begin(start);
    if (position === null) return { messages: [], members: [], reads: [], next: null };
    const rows = this.#rows(position);
    if (rows.length > 0) {
      return { messages: this.portable(rows), members: [], reads: [], next: behind(position, rows) };
    }
    return this.#memberPage(position);
  }

  /**
   * The messages of one user that are not revoked, behind a seq, for the user.
   * @returns `next`: behind which seq to go on; null: none is left
   */
  own(userId: UserId, after: number): { messages: PortableMessage[]; next: number | null } {
    this.#room.flushSends();
    const from = Math.max(after, this.#room.state.floor.seq);
    const upTo = from + MAX_LOOKED_AT;
    const query = `SELECT * FROM messages WHERE seq > ? AND seq <= ? AND sender_id = ? AND kind <> 'tip'
      AND revoked_rev IS NULL ORDER BY seq LIMIT ?`;
    const found = this.#whole(this.#sql.exec<MessageRow>(query, from, upTo, userId, MAX_MESSAGES).toArray());
    const rows = this.#cut(found);
    const last = rows.at(-1);
    const isAll = rows.length === found.length && found.length < MAX_MESSAGES;
    const next = isAll ? upTo : (last?.seq ?? upTo);
    const isLast = next >= this.#room.log.last.seq;
    return { messages: this.portable(rows, userId), next: isLast ? null : next };
  }

  #begin({ mark, since }: { mark?: number | undefined; since?: number | undefined }): ExportPosition | null {
    const now = this.#now();
    const before = since === undefined ? null : this.#marks.at(since);
    if (mark !== undefined) this.#marks.set(mark, now);
    const upTo = { upToRev: now.rev, upToSeq: now.seq };
    if (!before) return { rev: now.rev, seq: 0, member: 0, ...upTo };
    const isSame = before.rev === now.rev && before.seq === now.seq && before.changes === now.changes;
    return isSame ? null : { rev: before.rev, seq: before.seq, member: 0, ...upTo };
  }

  #now(): ExportMark {
    const { log, members, state } = this.#room;
    return { rev: state.rev, seq: log.last.seq, changes: state.changes + members.lastTouched };
  }

  /** The next messages: those that have changed, by their last change; then the new ones. */
  #rows({ rev, seq, upToRev, upToSeq }: ExportPosition): MessageRow[] {
    const changed = `SELECT * FROM messages INDEXED BY messages_changed
      WHERE changed_rev > ? AND changed_rev <= ? AND seq <= ? AND seq > ? AND shadowed IS NULL
        ORDER BY changed_rev LIMIT ?`;
    const { floor } = this.#room.state;
    const bounds = [rev, upToRev, seq, floor.seq, MAX_MESSAGES];
    const found = this.#whole(this.#sql.exec<MessageRow>(changed, ...bounds).toArray());
    if (found.length > 0) return this.#cut(found);
    const added = `SELECT * FROM messages
      WHERE seq > ? AND seq <= ? AND shadowed IS NULL ORDER BY seq LIMIT ?`;
    const from = Math.max(seq, floor.seq);
    return this.#cut(this.#whole(this.#sql.exec<MessageRow>(added, from, upToSeq, MAX_MESSAGES).toArray()));
  }

  #whole(rows: MessageRow[]): MessageRow[] {
    return this.#room.log.archives.bodies.all(rows);
  }

  #memberPage(position: ExportPosition): ExportPage {
    const query = "SELECT user_id FROM members WHERE user_id > ? ORDER BY user_id LIMIT ?";
    const ids = this.#sql.exec<{ user_id: UserId }>(query, position.member, MAX_MEMBERS).toArray();
    const all = ids.flatMap(({ user_id: id }) => this.#room.members.find(id) ?? []);
    // Who does not follow a channel any more is no former member.
    const rows =
      this.#room.state.profile.spaceId === null ? all : all.filter(({ state }) => state === "active");
    const bounds = rows.flatMap((row) => [row.visible_from, row.visible_until ?? 0, row.read_seq]);
    // A message that the export lacks, as a shadowed one or one from after its beginning, is named by none.
    const exported = { after: this.#room.state.floor.seq, upTo: position.upToSeq };
    const nameOf = this.#ids.newestUpTo(bounds, exported);
    const seesFrom = this.#ids.firstOf(exported);
    const members = rows.map((row) => portableMember(row, nameOf, seesFrom));
    const reads = rows.flatMap((row): PortableRead[] => {
      if (row.state !== "active") return [];
      return [{ userId: row.user_id, message: nameOf.get(row.read_seq) ?? null, at: row.read_at }];
    });
    const last = ids.at(-1);
    const isLast = !last || ids.length < MAX_MEMBERS;
    const next = isLast ? null : { ...position, member: last.user_id };
    return { messages: [], members, reads, next };
  }

  /**
   * The external ids of what messages name. What has expired is in no export, so nothing names it; the same
   * of shadowed messages, but for their sender.
   */
  #namesOf(seqs: readonly number[], reader: UserId | null): ReturnType<MessageExternalIds["of"]> {
    const { floor } = this.#room.state;
    return this.#ids.knownOf(
      seqs.filter((seq) => seq > floor.seq),
      reader,
    );
  }

  /** The first rows that have at most the bytes of a part, and few hides; one at least. */
  #cut(rows: MessageRow[]): MessageRow[] {
    let bytes = 0;
    const end = rows.findIndex((row, i) => {
      bytes += costOf(row);
      return i > 0 && bytes > MAX_BYTES;
    });
    const cut = end === -1 ? rows : rows.slice(0, end);
    const query = `SELECT seq FROM hidden WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT 1 OFFSET ?`;
    const seqs = JSON.stringify(cut.map(({ seq }) => seq));
    const [many] = this.#sql.exec<{ seq: number }>(query, seqs, MAX_HIDES).toArray();
    if (!many) return cut;
    const first = cut.findIndex(({ seq }) => seq >= many.seq);
    return cut.slice(0, Math.max(1, first));
  }

  /** Messages with all that hangs on them. @param reader for whom they are; null: for the deployment */
  portable(rows: readonly MessageRow[], reader: UserId | null = null): PortableMessage[] {
    const seqs = rows.map(({ seq }) => seq);
    const subjects = new Map(rows.flatMap((row) => subjectOf(row) ?? []));
    const named = rows.flatMap(({ quote_seq, thread_root }) => [quote_seq ?? 0, thread_root ?? 0]);
    const idOf = this.#ids.of(seqs);
    const nameOf = this.#namesOf([...named, ...subjects.values()], reader);
    const reactions = this.#marksOf<string>("reactions", "key", rows.filter(hasReactions));
    const votes = this.#marksOf<number>("votes", "option", rows.filter(isPoll));
    const hiders = this.#hiders(seqs);
    const name = (seq: number | null): ExternalId | null => (seq === null ? null : (nameOf.get(seq) ?? null));
    return rows.map((row): PortableMessage => {
      const externalId = idOf.get(row.seq);
      if (externalId === undefined) throw new Error("a stored message has an external id");
      const root = name(row.thread_root);
      const poll = readPoll(row);
      const isRevoked = row.revoked_rev !== null;
      return {
        externalId,
        senderId: row.sender_id,
        hook: row.hook === null ? null : readHook(row.hook),
        kind: row.kind,
        body: row.body,
        createdAt: row.created_at,
        quoted: name(row.quote_seq),
        thread: root === null ? null : { root, alsoInMain: isInMain(row) },
        mentions: readMentions(row.mentions),
        alsoMentioned: readAlsoMentioned(row.also_mentioned) ?? null,
        forwarded: row.forwarded === null ? null : readForwarded(row.forwarded),
        clientTime: row.client_time,
        priority: row.priority,
        customData: row.custom_data,
        metadata: row.metadata,
        buttons: row.buttons === null ? null : readButtons(row.buttons),
        isSilent: row.silent === 1,
        details: row.tip,
        subject: name(subjects.get(row.seq) ?? null),
        place: row.place,
        poll: poll?.body ?? null,
        pollClosedAt: poll?.tally.closedAt ?? 0,
        version: versionOf(row),
        editedAt: row.edited_at,
        edits: row.version === null ? [] : this.#edits(row),
        reactions: reactions.get(row.seq) ?? [],
        votes: votes.get(row.seq) ?? [],
        pinned:
          row.pinned_at === null || row.pinned_by === null ? null : { at: row.pinned_at, by: row.pinned_by },
        revoked: isRevoked ? { by: row.revoked_by } : null,
        hiddenBy: hiders.get(row.seq) ?? [],
      };
    });
  }

  #edits(row: MessageRow): PortableMessage["edits"] {
    const versions = this.#history.of(row).toReversed();
    return versions.map(({ version, body, mentions, editedAt: at }) => ({ version, body, mentions, at }));
  }

  #marksOf<Mark extends string | number>(
    table: "reactions" | "votes",
    column: "key" | "option",
    rows: readonly MessageRow[],
  ): Map<number, PortableMark<Mark>[]> {
    const found = new Map<number, PortableMark<Mark>[]>();
    if (rows.length === 0) return found;
    type Row = { seq: number; user_id: UserId; mark: Mark; at: number };
    const query = `SELECT seq, user_id, ${column} AS mark, at FROM ${table}
      WHERE seq IN (SELECT value FROM json_each(?)) AND ${column} NOT IN ('', -1) ORDER BY rev`;
    const seqs = JSON.stringify(rows.map(({ seq }) => seq));
    for (const { seq, user_id: userId, mark, at } of this.#sql.exec<Row>(query, seqs)) {
      const marks = found.get(seq);
      if (marks) marks.push({ userId, mark, at });
      else found.set(seq, [{ userId, mark, at }]);
    }
    return found;
  }

  #hiders(seqs: readonly number[]): Map<number, UserId[]> {
    const query =
      "SELECT seq, user_id FROM hidden WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY rev";
    const found = new Map<number, UserId[]>();
    type Row = { seq: number; user_id: UserId };
    for (const { seq, user_id } of this.#sql.exec<Row>(query, JSON.stringify(seqs)))
      found.set(seq, [...(found.get(seq) ?? []), user_id]);
    return found;
  }
}

/** What a message costs a part, in bytes: its versions, and its marks. */
function costOf(row: MessageRow): number {
  const marks = [
    ...readTally(row.reactions).map(({ count }) => count),
    ...(readPoll(row)?.tally.counts ?? []),
  ];
  const versions = Math.min(versionOf(row), LIMITS.formerVersions + 1);
  return bytesOf(row.body) * versions + MARK_BYTES * marks.reduce((sum, count) => sum + count, 0);
}

/** The position behind these rows, which are changed ones, or new ones. */
function behind(position: ExportPosition, rows: readonly MessageRow[]): ExportPosition {
  const last = rows.at(-1);
  if (!last) return position;
  return last.seq <= position.seq
    ? { ...position, rev: last.changed_rev ?? position.rev }
    : { ...position, rev: position.upToRev, seq: last.seq };
}

function hasReactions({ reactions }: MessageRow): boolean {
  return reactions !== null;
}

function isPoll({ poll }: MessageRow): boolean {
  return poll !== null;
}

/** The message that a system message is about. */
function subjectOf({ seq, kind, body, revoked_rev }: MessageRow): [[number, number]] | null {
  if (kind !== "tip" || revoked_rev !== null) return null;
  const tip = readTip(body);
  return "notice" in tip || tip.seq === undefined ? null : [[seq, tip.seq]];
}

/** @param first the first message that has not expired; null: none has */
function portableMember(
  row: MemberRow,
  nameOf: ReadonlyMap<number, ExternalId>,
  first: ExternalId | null,
): PortableMember {
  const seesAfter = nameOf.get(row.visible_from) ?? null;
  return {
    userId: row.user_id,
    role: row.role,
    state: row.state,
    joinedAt: row.joined_at,
    seesAfter,
    seesFrom: seesAfter === null ? first : null,
    seesUntil: row.visible_until === null ? null : (nameOf.get(row.visible_until) ?? null),
    mutedUntil: row.muted_until,
    nameCard: row.name_card,
    customFields: CustomFields.parse(JSON.parse(row.custom_fields)),
  };
}
