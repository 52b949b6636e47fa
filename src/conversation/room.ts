import type { Bump } from "../core/bump.ts";
import { listedBody } from "../core/content.ts";
import type { Profile, ReadReceipt, Role, Standing } from "../core/conversation.ts";
import { noConversation, noMessage, type Result } from "../core/errors.ts";
import type { Position, Seq, UserId } from "../core/ids.ts";
import { shownBytes } from "../core/merged.ts";
import type { AnyDraft, Message } from "../core/message.ts";
import type { ConversationDirectory, Inboxes, MessageSources } from "../core/ports.ts";
import type { Settings } from "../core/settings.ts";
import type { Jobs } from "../object/jobs.ts";
import { Acquaintances } from "./acquaintances.ts";
import { writeRefusal } from "./admission.ts";
import { type Change, type Changed, storeChange } from "./change.ts";
import { reopen } from "./clearing.ts";
import { Copies } from "./copies.ts";
import { Door } from "./door.ts";
import { Erasure } from "./erasure.ts";
import { Fanout, type Note, REPAIR_MS } from "./fanout.ts";
import { farewell } from "./farewell.ts";
import { DirectFlags } from "./flags.ts";
import { Group } from "./group.ts";
import { Joining } from "./joining.ts";
import { Log } from "./log.ts";
import { type Member, Members } from "./members.ts";
import { People } from "./people.ts";
import { PROJECT_AGAIN_MS, Projection } from "./projection.ts";
import { Roster } from "./roster.ts";
import { Search } from "./search.ts";
import { type Outcome, Sends } from "./sends.ts";
import { Snapshots } from "./snapshots.ts";
import type { RoomSocket } from "./socket.ts";
import { State } from "./state.ts";
import { View } from "./view.ts";

/** Bumps that are awaited before an answer; the rest goes at the pump's pace. */
const AWAITED_BUMPS = 50;

/** What a conversation does later. */
export type JobKind = "fanout" | "expiry" | "flags" | "projection" | "index";

/** Where a send came from: the socket which wants an ack, or the call which wants its answer. */
export type Origin = { socket: RoomSocket } | { settle: (outcome: Outcome<Origin>) => void };

/** What a room tells whoever listens there, once it is stored. */
export interface Listener {
  sent(outcomes: Outcome<Origin>[]): void;
  read(userId: UserId, seq: Position, from: RoomSocket | null): void;
  revoked(seq: Seq, by: UserId, rev: number): void;
  hidden(seq: Seq, userId: UserId, rev: number): void;
  changed(changed: Changed): void;
  flagsChanged(): void;
}

export interface RoomDeps {
  directory: ConversationDirectory;
  inboxes: Inboxes;
  sources: MessageSources;
  settings: Settings;
}

/** What happens in a conversation, whoever asks: by call or by socket. Persist, then memory, then tell. */
export class Room {
  readonly #storage: DurableObjectStorage;
  #listener: Listener | undefined;
  readonly #sends: Sends<Origin>;
  readonly #door: Door;
  readonly #fanout: Fanout;
  readonly #projection: Projection;
  readonly roster: Roster;
  readonly group: Group;
  readonly joining: Joining;
  readonly erasure: Erasure;
  readonly state: State;
  readonly log: Log;
  readonly members: Members;
  readonly people: People;
  readonly acquaintances: Acquaintances;
  readonly view: View;
  readonly flags: DirectFlags;
  readonly copies: Copies;
  readonly snapshots: Snapshots;
  readonly search: Search;

  constructor(storage: DurableObjectStorage, deps: RoomDeps, jobs: Jobs<JobKind>) {
    this.#storage = storage;
    this.state = new State(storage.sql);
    this.members = new Members(storage.sql, this.state.dissolvedAt !== null);
    this.people = new People(storage.sql, deps.directory);
    this.acquaintances = new Acquaintances(storage.sql, this.people, () => this.#projection.changed());
    this.log = new Log(storage.sql, this.state.profile.createdAt, ({ kind, body }) =>
      shownBytes(kind, body, (id) => this.people.get(id)),
    );
    this.view = new View(this.state.id, this.log, this.people, this.members);
    this.snapshots = new Snapshots(this.state, this.log, this.members, this.view);
    this.#fanout = new Fanout(
      {
        conversationId: this.state.id,
        ids: () => this.members.ids(),
        version: (userId) => this.snapshots.version(this.members.find(userId)),
        bump: (userId) => this.snapshots.bump(userId),
      },
      deps.inboxes,
      noteOf(jobs, "fanout"),
    );
    this.#projection = new Projection(
      this.state,
      this.members,
      this.acquaintances,
      deps.directory,
      () => jobs.schedule("projection", "", Date.now() + PROJECT_AGAIN_MS),
      (gone) => this.#remove(gone),
    );
    this.roster = new Roster(this.members);
    this.group = new Group(this);
    this.erasure = new Erasure(storage, this);
    this.joining = new Joining(storage.sql, this, deps.settings.maxGroupMembers);
    this.search = new Search(storage, this.log, noteOf(jobs, "index"));
    this.#sends = new Sends(
      storage,
      this.log,
      this.members,
      this.acquaintances,
      (sender) => writeRefusal(this.state, this.members, sender),
      (outcomes) => this.#committed(outcomes),
    );
    this.flags = new DirectFlags(storage.sql, this.state, {
      read: () => deps.directory.flags(this.state.id),
      schedule: (due) => jobs.schedule("flags", "", due),
      changed: () => this.#listener?.flagsChanged(),
    });
    const { id } = this.state;
    const { members, log, people } = this;
    const settle = () => this.settle();
    this.copies = new Copies({ id, members, log, people, settle }, deps.sources);
    this.#door = new Door(this.#sends, this.flags, this.copies, (outcomes) => this.#committed(outcomes));
  }

  /** Has one listener told of all that happens from now on. */
  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** Takes messages in; each is answered, in order, once it is stored or refused. */
  submit(senderId: UserId, drafts: AnyDraft[], origin: Origin): void {
    this.people.refreshBehind();
    this.#door.enter(senderId, drafts, origin);
  }

  /**
   * Stores a message for a caller, and tells his own inbox before answering.
   * @returns the stored message, `replay` if its client id was known already
   */
  async send(senderId: UserId, draft: AnyDraft): Promise<Result<{ message: Message; replay: boolean }>> {
    const { result } = await new Promise<Outcome<Origin>>((settle) =>
      this.submit(senderId, [draft], { settle }),
    );
    if (!result.ok) return result;
    // Only what is copied shows somebody of whom D1 may have to hear.
    const isShared = "copy" in draft && this.acquaintances.isBehind;
    await (isShared ? this.share([senderId]) : this.tell([senderId]));
    const { row, replay } = result.value;
    const sender = this.members.find(senderId);
    if (!sender) throw new Error("a sender is on record");
    const [message] = this.view.for([row], sender);
    if (!message) throw new Error("one row makes one message");
    return { ok: true, value: { message, replay } };
  }

  /**
   * Moves a member's read position forward; backward changes nothing.
   * @param from the socket that asked: it is not told
   * @throws `not_found` beyond the last message
   */
  read(userId: UserId, seq: Position, from: RoomSocket | null): Member {
    this.#sends.flush();
    const member = this.members.active(userId);
    if (seq > this.log.last.seq) throw noMessage(seq);
    const n = this.log.countUpTo(seq);
    if (n === null) throw noMessage(seq);
    if (seq > member.read_seq) {
      this.members.moveRead(member, { seq, n, at: Date.now() });
      this.happened((listener) => listener.read(userId, seq, from));
    }
    return member;
  }

  receipts(userId: UserId): ReadReceipt[] {
    this.members.active(userId);
    return this.members.receipts();
  }

  /**
   * The conversation as a member sees it, without what D1 keeps for him.
   * @param listed with the last message as lists have it
   */
  describe(
    userId: UserId,
    listed = false,
  ): {
    profile: Profile;
    role: Role;
    standing: Standing;
    lastMessage: Message | null;
  } {
    const member = this.members.active(userId);
    const newest = this.log.newest(member);
    if (newest && listed) newest.body = listedBody(newest.kind, newest.body);
    const [lastMessage = null] = newest ? this.view.for([newest], member) : [];
    return {
      profile: this.state.profile,
      role: member.role,
      standing: this.snapshots.standing(member),
      lastMessage,
    };
  }

  /** Whether a member may write here now. @throws `not_found` for who is none */
  mayWrite(userId: UserId): boolean {
    return !writeRefusal(this.state, this.members, this.members.active(userId));
  }

  /** Commits what waits, so that what follows in this turn sees it. */
  settle(): void {
    this.#sends.flush();
  }

  /** One try to tell these users' inboxes (50 at most) what they do not know yet. */
  async tell(userIds: UserId[]): Promise<void> {
    await this.#fanout.tellNow(userIds, AWAITED_BUMPS);
  }

  /**
   * Sees to it that everybody learns what he does not know yet; some of them before this resolves. For the
   * first it is in his list again, should he have deleted it for himself.
   */
  async tellAll(first: UserId): Promise<void> {
    if (reopen(this.#storage, this.members, this.members.active(first))) this.#fanout.changed();
    this.#fanout.resume();
    await this.tell([first, ...this.members.ids()]);
  }

  /** At start-up: whom a crash or an eviction has left untold is told now, not only by the alarm. */
  resume(): void {
    this.#projection.changed();
    this.#fanout.resume();
    this.search.indexing.resume();
  }

  /** The `index` job. @returns when to look again, or null once there is nothing to index */
  async repairIndex(): Promise<number | null> {
    return this.search.indexing.repair() ? null : Date.now() + REPAIR_MS;
  }

  /** The `fanout` job. @returns when to look again, or null once everybody knows */
  async repairFanout(): Promise<number | null> {
    return (await this.#fanout.repair()) ? null : Date.now() + REPAIR_MS;
  }

  #committed(outcomes: Outcome<Origin>[]): void {
    // They are stored: whatever goes wrong in telling it, each call gets its answer.
    for (const outcome of outcomes) {
      const { origin } = outcome.send;
      if ("settle" in origin) origin.settle(outcome);
    }
    try {
      if (outcomes.some(({ result }) => result.ok && !result.value.replay)) this.#fanout.changed();
      this.search.indexing.resume();
    } finally {
      this.#listener?.sent(outcomes);
    }
  }

  /** Something was stored besides messages: the inboxes are told, and whoever listens. */
  happened(tell: (listener: Listener) => void): void {
    try {
      this.#fanout.changed();
    } finally {
      // It is stored: whatever fails in noting who is to be told, the sockets of who is out are closed.
      if (this.#listener) tell(this.#listener);
    }
  }

  /** Stores what happens to the group, and tells whoever listens. What waits was committed before. */
  change(change: Change): void {
    const changed = storeChange(this.#storage, this, change);
    try {
      this.#projection.changed();
    } finally {
      this.happened((listener) => listener.changed(changed));
    }
  }

  /** One try to tell D1 and these users' inboxes of a change, so that they read what was written. */
  async share(userIds: UserId[]): Promise<void> {
    await Promise.all([this.#projection.tryNow(), this.tell(userIds)]);
  }

  /** The `projection` job. */
  async project(): Promise<null> {
    await this.#projection.run();
    return null;
  }

  /** What this member's inbox should know now. @throws `not_found` for who was never in it */
  snapshot(userId: UserId): Bump {
    this.#sends.flush();
    if (!this.members.find(userId)) throw noConversation();
    return this.snapshots.bump(userId);
  }

  /** Who has no account any more is no member either. */
  #remove(userIds: UserId[]): void {
    for (const id of userIds) farewell(this, id);
  }
}

/** The note that a job is for: after a crash the alarm does what is left of it. */
function noteOf(jobs: Jobs<JobKind>, kind: JobKind): Note {
  return {
    exists: () => jobs.has(kind, ""),
    write: () => jobs.schedule(kind, "", Date.now() + REPAIR_MS),
    erase: () => jobs.cancel(kind, ""),
  };
}
