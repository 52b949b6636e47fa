import type { Person } from "../../domain/accounts/person.ts";
import type { ImportOutcome, PortableMessage } from "../../domain/data/portable-message.ts";
import { Position, Seq, type UserId } from "../../domain/ids.ts";
import { EMPTY_BODY, SystemMessage } from "../../domain/messages/content.ts";
import { isSameJson } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { Projection } from "../delivery/d1-projection.ts";
import type { FileReferences } from "../files/file-references.ts";
import type { ConversationHooks } from "../hooks/hooks.ts";
import type { EditHistory } from "../log/edit-history.ts";
import { storedMentions } from "../log/mention-index.ts";
import { type MessageRow, NO_THREAD, UNCHANGED } from "../log/row.ts";
import { newPoll } from "../polls/stored-poll.ts";
import type { RoomContext } from "../room/context.ts";
import type { Indexer } from "../search/indexer.ts";
import { noteSenders } from "../sending/committed-sends.ts";
import type { ContentFollower } from "../state/content-follower.ts";
import type { Transaction } from "../state/transaction.ts";
import type { ConversationExport } from "./export.ts";
import type { MessageExternalIds } from "./external-ids.ts";
import { ImportedParts } from "./imported-parts.ts";

/** Who keeps up with the log, besides the room. */
interface ImportDeps {
  ids: MessageExternalIds;
  exports: Pick<ConversationExport, "portable">;
  history: Pick<EditHistory, "replaceAll">;
  files: Pick<FileReferences, "stored">;
  indexer: Pick<Indexer, "resume">;
  followers: readonly ContentFollower[];
  hooks: Pick<ConversationHooks, "skip">;
  projection: Pick<Projection, "changed" | "tryNow">;
  /** Revokes a message in the name of a user, as they would have. */
  revoke(by: UserId, row: MessageRow): void;
}

/** The newest message while a batch is stored: the log moves with the commit. */
interface Head {
  seq: Position;
  n: number;
  at: number;
  mainSeq: Position;
}

/**
 * Stores messages of elsewhere behind the newest one, with their times and with all that hangs on them.
 * Nobody gets unread messages by it, no hook is told of them, and no gate is asked.
 */
export class ConversationImport {
  readonly #sql: SqlStorage;
  readonly #room: RoomContext;
  readonly #parts: ImportedParts;
  readonly #deps: ImportDeps;
  /** up to this message nobody has written here; null: somebody has */
  #usedFrom: Position | null = Position.parse(0);

  constructor(sql: SqlStorage, room: RoomContext, deps: ImportDeps) {
    this.#sql = sql;
    this.#room = room;
    this.#parts = new ImportedParts(sql, deps.history, room.log.hides);
    this.#deps = deps;
  }

  /**
   * Stores messages in their order. The new ones are one transaction: a crash leaves all or none. A message
   * whose external id is known stays as it is, if nothing differs; else it becomes as it is given. Its kind
   * is never changed: bodies of other kinds are no edits.
   * @param people the profiles of all users whom the messages name
   * @returns what became of each
   */
  messages(messages: PortableMessage[], people: Person[]): ImportOutcome[] {
    this.#room.flushSends();
    const { ids, exports } = this.#deps;
    const outcomes = new Map<PortableMessage, ImportOutcome>();
    const added = messages.filter((message) => {
      const seq = ids.seqOf(message.externalId);
      if (seq !== null && seq <= this.#room.state.floor.seq) {
        outcomes.set(message, { result: "left_out", reason: "It has expired here." });
        return false;
      }
      const row = seq === null ? undefined : this.#room.log.get(seq);
      if (!row) return true;
      if (row.kind !== message.kind && !message.revoked) {
        const reason = `It is a message of the kind ${row.kind} here, and stays as it is.`;
        outcomes.set(message, { result: "left_out", reason });
        return false;
      }
      const [now] = exports.portable([row]);
      const isSame = now !== undefined && isSameJson(comparable(now, row), comparable(message, row));
      if (!isSame) this.#changed(row, message);
      outcomes.set(message, { result: isSame ? "unchanged" : "imported" });
      return false;
    });
    const notes = this.#append(added, people);
    return messages.map((message) => outcomes.get(message) ?? { result: "imported", ...notes.get(message) });
  }

  /** @returns what to say of a message besides */
  #append(messages: PortableMessage[], people: Person[]): Map<PortableMessage, { note: string }> {
    const notes = new Map<PortableMessage, { note: string }>();
    if (messages.length === 0) return notes;
    const { log, members, changeFeed, state } = this.#room;
    const from = log.last;
    const stored: MessageRow[] = [];
    const touched = new Set<Seq>();
    const revoked = new Set<Seq>();
    const isQuiet = this.#isInUse();
    const readers = isQuiet ? null : this.#readers();
    const { rev: revBefore } = state;
    const { hooks, files, indexer, projection, ids } = this.#deps;
    this.#room.commit((tx) => {
      this.#room.knownUsers.store(people);
      tx.publish(() => projection.changed());
      let head: Head = { ...from, mainSeq: log.main.last.seq };
      let { rev } = state;
      for (const message of messages) {
        const { row, note } = this.#row(message, head, isQuiet);
        log.append(tx, row);
        ids.store(row.seq, message.externalId);
        if (row.thread_root !== null) touched.add(this.#addReply(row, row.thread_root));
        rev = this.#parts.write(row, message, rev, true);
        if (note !== undefined) notes.set(message, { note });
        stored.push(row);
        if (message.revoked) revoked.add(row.seq);
        touched.add(row.seq);
        const mainSeq = row.in_main === 1 ? Position.parse(row.seq) : head.mainSeq;
        head = { seq: Position.parse(row.seq), n: row.n, at: row.created_at, mainSeq };
      }
      state.raise(tx, { revs: rev - state.rev });
      members.moveSenders(tx, new Map(), { from: from.seq, to: head.seq });
      if (readers) {
        members.readAll(tx, readers.atEnd, head);
        const unread = stored.filter(({ n }, i) => n > (stored[i - 1]?.n ?? from.n));
        const count = unread.filter(({ seq }) => !revoked.has(seq)).length;
        members.countRead(tx, readers.behind, count);
      }
      // Memory has the rows as they were appended.
      tx.after(() => {
        for (const row of log.refresh([...touched])) if (row.revoked_rev !== null) log.revoked.add(row);
      });
    });
    // Nothing waits for an announcement: readers get the messages as they are now.
    changeFeed.flush();
    noteSenders(
      { state, members, projection },
      stored.filter(({ kind }) => kind !== "tip"),
    );
    files.stored(stored);
    indexer.resume();
    const seqs = stored.map(({ seq }) => seq);
    const roots = [...touched].filter((seq) => !seqs.includes(seq));
    if (roots.length > 0) this.#room.commit((tx) => changeFeed.record(tx, roots));
    hooks.skip({ seq: from.seq, rev: revBefore });
    this.#room.publish([], (sockets) => sockets.imported(log.refresh(seqs).sort((a, b) => a.seq - b.seq)));
    return notes;
  }

  /**
   * The row of a new message. A time before that of the newest message becomes that one's.
   * @param isQuiet it counts as unread for nobody
   */
  #row(message: PortableMessage, head: Head, isQuiet: boolean): { row: MessageRow; note?: string } {
    const { thread, quoted, kind, subject } = message;
    const root = thread && this.#present(thread.root);
    const quote = quoted && this.#present(quoted);
    const isSilent = kind !== "tip" && (message.isSilent || isQuiet);
    const place = thread && root ? this.#threadOf(root, thread.alsoInMain, head, isSilent) : NO_THREAD;
    const isCounted = kind !== "tip" && !isSilent && place.in_main === 1;
    const row: MessageRow = {
      seq: Seq.parse(head.seq + 1),
      n: head.n + Number(isCounted),
      sender_id: message.senderId,
      kind,
      body: message.revoked ? EMPTY_BODY : this.#body(message),
      quote_seq: quote,
      mentions: storedMentions(message.mentions),
      role_mentions: null,
      also_mentioned: message.alsoMentioned && storedMentions(message.alsoMentioned),
      client_msg_id: null,
      forwarded: message.forwarded && JSON.stringify(message.forwarded),
      client_time: message.clientTime,
      priority: message.priority,
      custom_data: message.customData,
      metadata: message.metadata,
      silent: isSilent ? 1 : null,
      link_preview: null,
      buttons: message.buttons && JSON.stringify(message.buttons),
      tip: message.details,
      shadowed: null,
      place: message.place,
      ...place,
      poll: newPoll(message.poll ?? undefined),
      hook: message.hook && JSON.stringify(message.hook),
      created_at: Math.max(message.createdAt, head.at),
      ...UNCHANGED,
    };
    const lost = [
      ...(thread && !root ? ["its thread is not there"] : []),
      ...(quoted && !quote ? ["the message that it quotes is not there"] : []),
      ...(subject && !this.#present(subject) ? ["the message that it is about is not there"] : []),
      ...(message.createdAt < head.at
        ? ["it is older than the message before it, and has that one's time"]
        : []),
    ];
    return lost.length > 0 ? { row, note: lost.join("; ") } : { row };
  }

  /** The place of a reply in its thread. A silent one counts as unread there no more than elsewhere. */
  #threadOf(root: Seq, alsoInMain: boolean, { mainSeq }: Head, isSilent: boolean) {
    const place = this.#room.threads.columns({ root, alsoInMain }, mainSeq);
    if (!isSilent || alsoInMain) return place;
    return { ...place, thread_n: (place.thread_n ?? 1) - 1 };
  }

  /** The message with this external id, if it has not expired. */
  #present(id: ExternalId): Seq | null {
    const seq = this.#deps.ids.seqOf(id);
    return seq !== null && seq > this.#room.state.floor.seq ? seq : null;
  }

  /** The body as it is stored: the event `pinned` names its message by seq. */
  #body({ kind, body, subject }: PortableMessage): string {
    if (kind !== "tip" || subject === null) return body;
    const event = SystemMessage.parse(JSON.parse(body));
    const seq = this.#deps.ids.seqOf(subject);
    return JSON.stringify({ ...event, ...(seq !== null && { seq }) });
  }

  /** Notes a reply with its root. Nobody follows a thread of elsewhere until they answer in it. */
  #addReply(row: MessageRow, rootSeq: Seq): Seq {
    const root = this.#room.log.get(rootSeq);
    if (!root) throw new Error("a reply has a root");
    this.#room.threads.replies.addReply(row, root);
    return rootSeq;
  }

  /** Updates a message. No hook is told that was told of everything before. */
  #changed(row: MessageRow, message: PortableMessage): void {
    const before = { seq: this.#room.log.last.seq, rev: this.#room.state.rev };
    this.#update(row, message);
    this.#deps.hooks.skip(before);
  }

  /** Makes a stored message as it is given, and has members told of it. */
  #update(row: MessageRow, message: PortableMessage): void {
    if (message.revoked) {
      if (row.revoked_rev === null) this.#deps.revoke(message.revoked.by ?? row.sender_id, row);
      return;
    }
    if (row.revoked_rev !== null) return;
    const { log, changeFeed, state } = this.#room;
    const isEdited = message.body !== row.body && row.kind !== "tip";
    this.#room.commit((tx: Transaction) => {
      if (isEdited) {
        const { body, place, metadata } = message;
        log.edit(row.seq, { body, place, metadata, mentions: storedMentions(message.mentions) });
        const edit = { body, before: row.body, after: body, dropped: [row.body] };
        for (const follower of this.#deps.followers) follower.edited?.(tx, row, edit);
      }
      const buttons = message.buttons && JSON.stringify(message.buttons);
      if (buttons !== row.buttons) log.edit(row.seq, { buttons });
      const rev = this.#parts.write(row, message, state.rev, false);
      state.raise(tx, { revs: rev - state.rev });
    });
    this.#room.commit((tx: Transaction) =>
      changeFeed.record(tx, [row.seq], { reachesLists: true, changesContent: isEdited }),
    );
  }

  /**
   * Whether people use the conversation here: they have written in it, or follow a thread. Then no count of
   * unread messages and no read position may change by an import.
   */
  #isInUse(): boolean {
    if (this.#usedFrom === null) return true;
    if (this.#room.threads.follows.isUsed) return true;
    const { log } = this.#room;
    const query = `SELECT 1 FROM messages WHERE seq > ? AND kind <> 'tip'
      AND NOT EXISTS (SELECT 1 FROM imported_messages AS i WHERE i.seq = messages.seq) LIMIT 1`;
    const isUsed = this.#sql.exec(query, this.#usedFrom).toArray().length > 0;
    this.#usedFrom = isUsed ? null : log.last.seq;
    return isUsed;
  }

  /** The members who have read everything, and have read what comes, too; and those who have not. */
  #readers(): { atEnd: UserId[]; behind: UserId[] } {
    const { members, snapshots, log } = this.#room;
    const [atEnd, behind]: [UserId[], UserId[]] = [[], []];
    for (const member of members.unsettled()) {
      if (member.state !== "active") continue;
      const isAtEnd = member.read_seq >= log.last.seq || snapshots.countUnread(member) === 0;
      (isAtEnd ? atEnd : behind).push(member.user_id);
    }
    return { atEnd, behind };
  }
}

/**
 * What two states of a message are compared by. An import may have moved its time, lost a reference, and made
 * it silent.
 */
function comparable(message: PortableMessage, row: MessageRow): unknown {
  const { createdAt: _, isSilent: __, quoted, thread, edits, ...rest } = message;
  return {
    ...rest,
    quoted: row.quote_seq === null ? null : quoted,
    thread: row.thread_root === null ? null : thread,
    body: message.subject === null ? JSON.parse(message.body) : withoutSeq(message.body),
    edits: edits.map(({ body, ...edit }) => ({ ...edit, body: JSON.parse(body) })),
  };
}

/** The body of an event without the number of its message, which the external id stands for. */
function withoutSeq(body: string): unknown {
  const { seq: _, ...event } = SystemMessage.parse(JSON.parse(body));
  return event;
}
