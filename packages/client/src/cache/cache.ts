import { trusted } from "../json.ts";
import type { Conversations } from "../list/conversations.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Timeline } from "../sync/timeline.ts";
import type { ConversationEntry, Profile } from "../types.ts";
import {
  type Database,
  type OutboxRecord,
  openDatabase,
  removeDatabase,
  STORES,
  type TimelineRecord,
  type Writing,
} from "./database.ts";
import type { Keeper } from "./keeper.ts";
import { heldLocks, takeLock } from "./locks.ts";

/** Changes within this time are written at once, in ms. */
const PAUSE = 250;
/** So many of the newest messages of a conversation are kept. */
const MAX_MESSAGES = 200;
/** So many conversations have messages in the cache. */
const MAX_TIMELINES = 500;
/** More users than these are forgotten at a start. The list and the messages bring those that matter. */
const MAX_USERS = 5_000;

/**
 * Keeps the state of one user's client in IndexedDB. Where there is none, nothing is kept, and the client
 * works all the same.
 *
 * Of several tabs one writes the list and the messages. Each writes its own items of the outbox; those of
 * a tab that is gone go to the next one that starts.
 */
export class Cache implements Keeper {
  readonly #name: string;
  readonly #owner = `${Math.random()}`;
  #database: Database | undefined;
  #isPersistent = false;
  #list: Conversations | undefined;
  #outbox: Outbox | undefined;
  /** what the database has of the list */
  #entries = new Map<number, ConversationEntry>();
  #users = new Map<number, Profile>();
  /** what the database has of each timeline: its version and position */
  #timelines = new Map<Timeline, string>();
  /** what the database has of the outbox, or is about to have */
  #items = new Map<string, OutboxRecord>();
  /** items that are not written yet; undefined: gone */
  #changes = new Map<string, OutboxRecord | undefined>();
  #place = 0;
  /** undefined: another tab writes the list and the messages */
  #endWriter: (() => void) | undefined;
  #endOwner: (() => void) | undefined;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<unknown> = Promise.resolve();

  /** @param name of the database */
  constructor(name: string) {
    this.#name = name;
  }

  /** Whether what changes is kept. False before the start, without IndexedDB, and while writes fail. */
  get isPersistent(): boolean {
    return this.#isPersistent;
  }

  async restore(list: Conversations, outbox: Outbox): Promise<void> {
    if (this.#list === list) return;
    this.#list = list;
    this.#outbox = outbox;
    this.#isOver = false;
    const name = this.#name;
    try {
      const database = await openDatabase(name);
      this.#database = database;
      this.#endOwner = await takeLock(`${name} ${this.#owner}`);
      const locks = await heldLocks();
      const tx = database.transaction(STORES, "readwrite");
      const [[me = 0], conversations, users, items] = await Promise.all([
        tx.objectStore("me").getAll(),
        tx.objectStore("conversations").getAll(),
        tx.objectStore("users").getAll(),
        tx.objectStore("outbox").getAll(),
      ]);
      const isFull = users.length > MAX_USERS;
      const own = items
        .filter(({ owner }) => owner === this.#owner || !locks.has(`${name} ${owner}`))
        .map((record) => ({ ...record, owner: this.#owner }))
        .sort((a, b) => a.place - b.place);
      await Promise.all([
        isFull && tx.objectStore("users").clear(),
        ...own.map((record) => tx.objectStore("outbox").put(record)),
        tx.done,
      ]);
      this.#isPersistent = true;
      list.me = me;
      if (!isFull) for (const user of users) list.learn(user);
      const asked = list.now();
      for (const { entry, readTo } of conversations) list.take(atRest(entry), asked, readTo);
      this.#entries = new Map(list.all.map((entry) => [entry.id, entry]));
      this.#users = new Map(list.users);
      for (const record of own) {
        this.#place = Math.max(this.#place, record.place);
        this.#items.set(record.id, record);
        outbox.add(record.item);
      }
      void this.#saveOutbox();
      void takeLock(name).then((end) => {
        if (this.#database !== database) return end();
        this.#endWriter = end;
        this.listChanged();
      });
    } catch {
      this.#release();
    }
  }

  async restoreTimeline(timeline: Timeline): Promise<boolean> {
    const { id, phase } = timeline;
    const record = await this.#database?.get("timelines", id).catch(() => undefined);
    // Another window was quicker.
    if (timeline.phase !== phase) return false;
    this.#timelines.set(timeline, "");
    if (!record) return false;
    const { seq, rev, hidden, messages, from, gaps = [] } = record;
    timeline.reset(seq, rev);
    for (const one of hidden) timeline.hidden.add(one);
    for (const message of messages) {
      timeline.main.put(message);
      // Another tab may have shown what has no ack here.
      this.#outbox?.stored(message.client_msg_id ?? "", seq, seq);
    }
    if (from !== undefined) timeline.main.cover(from, Infinity);
    timeline.main.gaps = gaps;
    this.#timelines.set(timeline, versionOf(timeline));
    // Tells the subscribers: without a connection nothing else would.
    this.#list?.patch(id, { ...this.#list.get(id) });
    return true;
  }

  listChanged(): void {
    if (this.#database) this.#timer ??= setTimeout(() => void this.flush(), PAUSE);
  }

  timelineChanged(): void {
    this.listChanged();
  }

  outboxChanged(clientMsgId: string, item: OutboxItem | undefined): void {
    if (this.#isOver) return;
    const known = this.#items.get(clientMsgId);
    if (!item) this.#items.delete(clientMsgId);
    else {
      const { message, file, code } = known?.item ?? {};
      if (message === item.message && file === item.file && code === item.code) return;
      this.#place = Math.max(this.#place + 1, Date.now());
      const timeline = [...this.#timelines.keys()].find(({ id }) => id === item.conversation_id);
      this.#items.set(clientMsgId, {
        ...{ id: clientMsgId, owner: this.#owner, place: this.#place, after: timeline?.seq },
        ...known,
        item: { ...item, state: item.code ? "failed" : "queued" },
      });
    }
    this.#changes.set(clientMsgId, this.#items.get(clientMsgId));
    // Once for all of this turn.
    queueMicrotask(() => this.#saveOutbox());
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#saveList());
    await Promise.all([this.#saving, this.#saveOutbox()]);
  }

  /** Keeps what has changed by now, and ends: another cache of this name may go on. */
  async close(): Promise<void> {
    await this.flush();
    this.#release();
  }

  async clear(): Promise<void> {
    await this.flush();
    // A frozen tab could keep the database from being removed, but not from being emptied.
    await this.#write((tx) => STORES.map((store) => tx.objectStore(store).clear()));
    this.#release();
    await removeDatabase(this.#name).catch(() => {});
  }

  async #saveList(): Promise<void> {
    const list = this.#list;
    if (!list || !this.#endWriter) return;
    const entries = new Map(list.all.map((entry) => [entry.id, entry]));
    const users = new Map(list.users);
    const timelines = [...this.#timelines]
      .filter(
        ([timeline, written]) =>
          timeline.rev >= 0 && entries.has(timeline.id) && versionOf(timeline) !== written,
      )
      .map(([timeline]) => [timeline, versionOf(timeline)] as const);
    const isSaved = await this.#write((tx) => {
      const [conversations, records] = [tx.objectStore("conversations"), tx.objectStore("timelines")];
      const changed = [...entries.values()].filter((entry) => this.#entries.get(entry.id) !== entry);
      const gone = [...this.#entries.keys()].filter((id) => !entries.has(id));
      return [
        tx.objectStore("me").put(list.me, 0),
        ...changed.map((entry) => conversations.put({ id: entry.id, entry, readTo: list.readTo(entry.id) })),
        ...gone.flatMap((id) => [conversations.delete(id), records.delete(id)]),
        ...[...users.values()]
          .filter((user) => this.#users.get(user.id) !== user)
          .map((user) => tx.objectStore("users").put(user)),
        ...timelines.map(([timeline]) => records.put(recordOf(timeline, this.#items.values()))),
        evict(tx),
      ];
    });
    if (!isSaved) return;
    this.#entries = entries;
    this.#users = users;
    for (const written of timelines) this.#timelines.set(...written);
  }

  async #saveOutbox(): Promise<void> {
    const changes = this.#changes;
    if (!this.#database || !changes.size) return;
    this.#changes = new Map();
    const isSaved = await this.#write((tx) =>
      [...changes].map(([id, record]) =>
        record ? tx.objectStore("outbox").put(plain(record)) : tx.objectStore("outbox").delete(id),
      ),
    );
    // The next change tries again.
    if (!isSaved) this.#changes = new Map([...changes, ...this.#changes]);
  }

  /** Writes all that `fill` asks for, or nothing. @returns whether it is written */
  async #write(fill: (tx: Writing) => Promise<unknown>[]): Promise<boolean> {
    try {
      const tx = this.#database?.transaction(STORES, "readwrite");
      if (tx) await Promise.all([tx.done, ...fill(tx)]);
      this.#isPersistent = !!tx;
    } catch {
      this.#isPersistent = false;
    }
    return this.#isPersistent;
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#database?.close();
    this.#endWriter?.();
    this.#endOwner?.();
    this.#database = this.#list = this.#timer = this.#endWriter = this.#endOwner = undefined;
    this.#isPersistent = false;
    this.#isOver = true;
    for (const kept of [this.#timelines, this.#items, this.#changes]) kept.clear();
  }
}

/** A record whose message is plain: a proxy of a framework cannot be stored, and would keep back others. */
function plain({ item, ...record }: OutboxRecord): OutboxRecord {
  return { ...record, item: { ...item, message: trusted(JSON.stringify(item.message)) } };
}

/** An entry as nobody's presence or typing is known. */
function atRest(entry: ConversationEntry): ConversationEntry {
  const calm = { ...entry, typing: [] };
  return calm.kind === "direct" ? { ...calm, peer: { ...calm.peer, online: false } } : calm;
}

/** Goes up with the messages, and with what is hidden of them. */
function versionOf({ seq, rev, main }: Timeline): string {
  return `${[seq, rev, main.version]}`;
}

/** @param outbox those of them that wait may be stored before messages that are shown already */
function recordOf({ id, seq, rev, hidden, main }: Timeline, outbox: Iterable<OutboxRecord>): TimelineRecord {
  for (const { item, after = 0 } of outbox)
    if (item.conversation_id === id && !item.code) seq = Math.min(seq, after);
  const run = main.runAt(Infinity);
  const shown = run ? main.slice(run.from, seq) : [];
  const messages = shown.slice(-MAX_MESSAGES);
  const from = shown.length > MAX_MESSAGES ? messages[0]?.seq : run?.from;
  const gaps = main.gapsIn(from ?? Infinity, seq);
  return { id, seq, rev, hidden: [...hidden], messages, from, gaps, used: Date.now() };
}

/** Removes the messages of the conversations that were used the longest time ago. */
async function evict(tx: Writing): Promise<void> {
  const timelines = tx.objectStore("timelines");
  const ids = await timelines.index("used").getAllKeys();
  await Promise.all(ids.slice(0, -MAX_TIMELINES).map((id) => timelines.delete(id)));
}
