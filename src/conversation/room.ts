import type { Bump } from "../core/bump.ts";
import type { Conversation } from "../core/conversation.ts";
import { noConversation, type Result } from "../core/errors.ts";
import type { UserId } from "../core/ids.ts";
import { shownBytes } from "../core/merged.ts";
import type { AnyDraft, Message } from "../core/message.ts";
import type { ConversationDirectory, Inboxes, MessageSources } from "../core/ports.ts";
import type { Settings } from "../core/settings.ts";
import { bytesOf } from "../core/text.ts";
import type { Timing } from "../core/timing.ts";
import type { Jobs } from "../object/jobs.ts";
import { Acquaintances } from "./acquaintances.ts";
import { writeRefusal } from "./admission.ts";
import { Announcements } from "./announcements.ts";
import { type Change, storeChange } from "./change.ts";
import { reopen } from "./clearing.ts";
import { Copies } from "./copies.ts";
import { Devices } from "./devices.ts";
import { Door } from "./door.ts";
import { Erasure } from "./erasure.ts";
import { Fanout } from "./fanout.ts";
import { farewell } from "./farewell.ts";
import { DirectFlags } from "./flags.ts";
import { Group } from "./group.ts";
import { Joining } from "./joining.ts";
import type { Listener, Origin } from "./listener.ts";
import { Log } from "./log.ts";
import { Members } from "./members.ts";
import { RoomMembership } from "./membership.ts";
import { Outbox } from "./outbox.ts";
import { Outreach } from "./outreach.ts";
import { Passings } from "./passings.ts";
import { People } from "./people.ts";
import { Projection } from "./projection.ts";
import { Readable } from "./readable.ts";
import { Reading } from "./reading.ts";
import { type JobKind, noteOf, RoomJobs, reminderOf } from "./room-jobs.ts";
import { Roster } from "./roster.ts";
import { Search } from "./search.ts";
import { type Outcome, Sends } from "./sends.ts";
import { Snapshots } from "./snapshots.ts";
import { State } from "./state.ts";
import { View } from "./view.ts";

/** Bumps that are awaited before an answer; the rest goes at the pump's pace. */
const AWAITED_BUMPS = 50;

export interface RoomDeps {
  directory: ConversationDirectory;
  inboxes: Inboxes;
  sources: MessageSources;
  settings: Settings;
  timing: Timing;
}

/** What happens in a conversation, whoever asks: by call or by socket. Persist, then memory, then tell. */
export class Room {
  readonly #storage: DurableObjectStorage;
  readonly #timing: Timing;
  readonly #listeners: Listener[] = [];
  readonly #sends: Sends<Origin>;
  readonly #door: Door;
  readonly #fanout: Fanout;
  readonly #announcements: Announcements;
  readonly #typedAt = new Map<UserId, number>();
  readonly #projection: Projection;
  readonly roster: Roster;
  readonly group: Group;
  readonly joining: Joining;
  readonly erasure: Erasure;
  readonly reading: Reading;
  readonly devices: Devices;
  /** what is done later */
  readonly jobs: RoomJobs;
  readonly state: State;
  readonly log: Log;
  readonly members: Members;
  readonly people: People;
  readonly acquaintances: Acquaintances;
  readonly outbox: Outbox;
  readonly view: View;
  readonly flags: DirectFlags;
  readonly copies: Copies;
  readonly snapshots: Snapshots;
  readonly search: Search;
  readonly readable: Readable;

  constructor(storage: DurableObjectStorage, deps: RoomDeps, jobs: Jobs<JobKind>) {
    const { timing } = deps;
    const noteFor = (kind: JobKind) => noteOf(jobs, kind, timing.retryMarker);
    this.#storage = storage;
    this.#timing = timing;
    this.state = new State(storage.sql);
    this.members = new Members(storage.sql, this.state.dissolvedAt !== null);
    this.people = new People(storage.sql, deps.directory, timing.profileCache);
    this.acquaintances = new Acquaintances(storage.sql, this.people, () => this.#projection.changed());
    const personOf = (id: UserId) => this.people.get(id);
    this.log = new Log(
      storage.sql,
      this.state.profile.createdAt,
      ({ kind, body, custom_data, tip }) =>
        shownBytes(kind, body, personOf) + bytesOf(custom_data ?? "") + bytesOf(tip ?? ""),
    );
    this.view = new View(this.state.id, this.log, this.people, this.members);
    this.snapshots = new Snapshots(this.state, this.log, this.members, this.view);
    const passings = new Passings(timing.typing);
    const membership = new RoomMembership(this, passings, timing.largeGroup);
    this.#fanout = new Fanout(membership, deps.inboxes, noteFor("fanout"), timing);
    this.devices = new Devices(this, membership, this.#fanout);
    const mayHear = (id: UserId) => this.#fanout.mayHear(id);
    this.listen(new Outreach(this.state, this.members, passings, timing.largeGroup, mayHear));
    const tell = (userId: UserId, conversation: Conversation) => {
      for (const listener of this.#listeners) listener.announced(userId, conversation);
      this.#fanout.passing();
    };
    this.#announcements = new Announcements(this, deps.directory, timing.announcements, tell);
    this.#projection = new Projection(
      this.state,
      this.members,
      this.acquaintances,
      deps.directory,
      timing.projection,
      (due) => jobs.schedule("projection", "", due),
      (gone) => this.#remove(gone),
    );
    this.outbox = new Outbox(storage.sql, this.state.id, deps.inboxes, reminderOf(jobs), timing);
    this.roster = new Roster(this.members);
    this.group = new Group(this);
    this.erasure = new Erasure(storage, this);
    this.reading = new Reading(this);
    this.joining = new Joining(storage.sql, this, deps.settings.maxGroupMembers);
    this.readable = new Readable(storage.sql, this.log);
    this.search = new Search(storage, this.log, noteFor("index"), timing.indexing);
    this.jobs = new RoomJobs(
      this.#fanout,
      this.#projection,
      this.search.indexing,
      this.outbox,
      timing.retryMarker,
    );
    this.#sends = new Sends(
      storage,
      this.log,
      this.members,
      this.acquaintances,
      (sender) => writeRefusal(this.state, this.members, sender),
      (outcomes) => this.#committed(outcomes),
    );
    const flagDeps = {
      read: () => deps.directory.flags(this.state.id),
      schedule: (due: number) => jobs.schedule("flags", "", due),
      changed: () => this.announce(),
    };
    this.flags = new DirectFlags(storage.sql, this.state, flagDeps, timing.blockChange);
    const { id } = this.state;
    const { members, log, people } = this;
    const settle = () => this.settle();
    this.copies = new Copies({ id, members, log, people, settle }, deps.sources, timing.copies);
    this.#door = new Door(this.#sends, this.flags, this.copies, (outcomes) => this.#committed(outcomes));
  }

  /** Has somebody told of all that happens from now on, before those who listen already. */
  listen(listener: Listener): void {
    this.#listeners.unshift(listener);
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

  /** Tells the others that a member is typing; who may not write is not seen to write. */
  typing(userId: UserId): void {
    if (!this.mayWrite(userId)) return;
    const now = Date.now();
    if (now - (this.#typedAt.get(userId) ?? 0) < this.#timing.typing.intervalMs) return;
    this.#typedAt.set(userId, now);
    for (const listener of this.#listeners) listener.typing(userId);
    this.#fanout.passing();
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
    if (reopen(this.members, this.members.active(first))) this.#fanout.changed();
    // To whom it is new.
    this.announce(this.members.ids().filter((id) => !this.#fanout.knows(id)));
    this.#fanout.resume();
    this.outbox.resume();
    await Promise.all([this.tell([first, ...this.members.ids()]), this.outbox.tryNow()]);
  }

  /** At start-up: whom a crash or an eviction has left untold is told now, not only by the alarm. */
  resume(): void {
    this.jobs.resume();
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
      for (const listener of this.#listeners) listener.sent(outcomes);
    }
  }

  /** Something was stored besides messages: the inboxes are told, and whoever listens. */
  happened(tell: (listener: Listener) => void): void {
    // Before the fan-out starts, so that the first bump takes along what is passing. It is stored: whatever
    // fails in telling one, the others are told.
    try {
      for (const listener of this.#listeners) tell(listener);
    } finally {
      this.#fanout.changed();
    }
  }

  /** Stores what happens to the group, and tells whoever listens. What waits was committed before. */
  change(change: Change): void {
    const changed = storeChange(this.#storage, this, change);
    try {
      this.jobs.changed();
    } finally {
      this.happened((listener) => listener.changed(changed));
    }
    const { profile, tip } = change;
    if (profile) this.announce();
    else if (tip?.event === "role" || tip?.event === "joined") this.announce(tip.user_ids);
  }

  /** Tells these users, or everybody, what the conversation is like for them now. */
  announce(userIds: UserId[] = this.members.ids()): void {
    this.#announcements.to(userIds.filter((id) => this.#listeners.some((listener) => listener.reaches(id))));
  }

  /** One try to tell D1 and these users' inboxes of a change, and others what they are told besides, so that they read what was written. */
  async share(userIds: UserId[]): Promise<void> {
    await Promise.all([this.jobs.tryNow(), this.tell(userIds)]);
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
