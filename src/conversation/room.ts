import type { VersionedPerson } from "../domain/accounts/person.ts";
import type { Conversation } from "../domain/conversations/conversation.ts";
import { CoreError } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { bytesWithProfiles } from "../domain/messages/copies/merged.ts";
import type { AnyDraft, DraftReferences, Message } from "../domain/messages/message.ts";
import type { ComposerOpening, ConversationDirectory, Inboxes, MessageSources } from "../domain/ports.ts";
import type { Settings } from "../domain/settings.ts";
import type { InboxUpdate } from "../domain/sync/inbox-update.ts";
import { bytesOf } from "../domain/text.ts";
import type { Timing } from "../domain/timing.ts";
import type { AlarmJobs } from "../object/alarm-jobs.ts";
import { Banning } from "./changes/banning.ts";
import { ChangeFeed } from "./changes/change-feed.ts";
import { Editing } from "./changes/editing.ts";
import { GroupChanges } from "./changes/group.ts";
import { Inviting } from "./changes/inviting.ts";
import { Joining } from "./changes/joining.ts";
import { Pinning } from "./changes/pinning.ts";
import { ReadPositions } from "./changes/read-positions.ts";
import { Redaction } from "./changes/redaction.ts";
import { removeDeletedUser } from "./changes/remove-deleted-user.ts";
import { ConversationUpdates } from "./delivery/conversation-updates.ts";
import { Projection } from "./delivery/d1-projection.ts";
import { DeviceCalls } from "./delivery/device-calls.ts";
import { EphemeralEvents } from "./delivery/ephemeral-events.ts";
import { EphemeralPublisher } from "./delivery/ephemeral-publisher.ts";
import { Fanout } from "./delivery/fanout.ts";
import { checkpointStore } from "./delivery/fanout-checkpoint.ts";
import { RoomFanoutSource } from "./delivery/fanout-source.ts";
import { failureStore } from "./delivery/inbox-calls/inbox-failures.ts";
import { NotificationOutbox } from "./delivery/notification-outbox.ts";
import { FileReferences } from "./files/file-references.ts";
import { type ConversationJobKind, markerOf, wakeupOf } from "./jobs.ts";
import { EditHistory } from "./log/edit-history.ts";
import { MentionPages } from "./log/mention-pages.ts";
import { MessageLog } from "./log/message-log.ts";
import { ReadableLog } from "./log/readable-log.ts";
import { RecentRows } from "./log/recent-rows.ts";
import type { MessageRow } from "./log/row.ts";
import { Bans } from "./members/bans.ts";
import { Composers } from "./members/composers.ts";
import { openForMember, restoreToList } from "./members/deleted-for-me.ts";
import { Invitations } from "./members/invitations.ts";
import { JoinRequests } from "./members/join-requests.ts";
import { KnownUsers } from "./members/known-users.ts";
import { MemberList } from "./members/member-list.ts";
import { Members } from "./members/members.ts";
import { ProfileCache } from "./members/profile-cache.ts";
import { checkPoll } from "./polls/poll-permission.ts";
import { Polls } from "./polls/polls.ts";
import { VoteStore } from "./polls/vote-store.ts";
import { ReactionStore } from "./reactions/reaction-store.ts";
import { Reactions } from "./reactions/reactions.ts";
import { MessageSearch } from "./search/search.ts";
import { DirectPermission } from "./sending/direct-permission.ts";
import { refusedReference } from "./sending/draft-references.ts";
import { ForwardResolver } from "./sending/forward-resolver.ts";
import { checkMentions } from "./sending/mention-permission.ts";
import type { PendingSend, SendOrigin, SendOutcome } from "./sending/send.ts";
import { SendAdmission } from "./sending/send-admission.ts";
import { newRows, SendQueue } from "./sending/send-queue.ts";
import { checkWritePermission } from "./sending/write-permission.ts";
import { type GroupChange, storeChange } from "./state/change.ts";
import type { RoomContext } from "./state/context.ts";
import { ConversationState } from "./state/conversation-state.ts";
import { conversationUpdated, memberEvents, profileChanged, typing } from "./state/events.ts";
import type { Published } from "./state/published.ts";
import type { SocketSink } from "./state/socket-sink.ts";
import { commit, type Transaction } from "./state/transaction.ts";
import { Following } from "./threads/following.ts";
import { Follows } from "./threads/follows.ts";
import { ThreadLog } from "./threads/thread-log.ts";
import { Threads } from "./threads/threads.ts";
import { FormerView } from "./views/former-view.ts";
import { GroupOutlines } from "./views/group-outlines.ts";
import { MemberSnapshots } from "./views/member-snapshots.ts";
import { type DeviceFormats, type Encoded, MessageEncoder } from "./views/message-encoder.ts";
import { MessageRenderer } from "./views/message-renderer.ts";
import { OwnParts } from "./views/own-parts.ts";

/** Inbox updates that are awaited before an answer; the others go at the fan-out's pace. */
const MAX_AWAITED_UPDATES = 50;

export interface RoomDeps {
  directory: ConversationDirectory;
  inboxes: Inboxes;
  sources: MessageSources;
  deviceFormats: DeviceFormats;
  settings: Settings;
  timing: Timing;
}

/**
 * A conversation inside its object: its data and its features. Each change is stored, applied to memory,
 * then published, whether it came by call or by socket.
 */
export class Room implements RoomContext {
  readonly #storage: DurableObjectStorage;
  readonly #timing: Timing;
  readonly #deviceSink: EphemeralPublisher;
  /** undefined until the object has restored its sockets */
  #sockets: SocketSink | undefined;
  readonly #sendQueue: SendQueue<SendOrigin>;
  readonly #admission: SendAdmission;
  readonly fanout: Fanout;
  readonly #conversationUpdates: ConversationUpdates;
  readonly #composers: Composers;
  readonly #typedAt = new Map<UserId, number>();
  readonly projection: Projection;
  readonly memberList: MemberList;
  readonly group: GroupChanges;
  readonly joining: Joining;
  readonly banning: Banning;
  readonly inviting: Inviting;
  readonly outlines: GroupOutlines;
  readonly changeFeed: ChangeFeed;
  /** the changed messages that a client is replayed; beyond, it loads the conversation anew */
  readonly maxChanges: number;
  readonly redaction: Redaction;
  readonly editing: Editing;
  readonly pinning: Pinning;
  readonly reactions: Reactions;
  readonly polls: Polls;
  readonly readPositions: ReadPositions;
  readonly devices: DeviceCalls;
  readonly state: ConversationState;
  readonly log: MessageLog;
  readonly members: Members;
  readonly profiles: ProfileCache;
  readonly knownUsers: KnownUsers;
  readonly bans: Bans;
  readonly joinRequests: JoinRequests;
  readonly invitations: Invitations;
  readonly outbox: NotificationOutbox;
  readonly formerView: FormerView;
  readonly renderer: MessageRenderer;
  readonly encoder: MessageEncoder;
  readonly directPermission: DirectPermission;
  readonly forwards: ForwardResolver;
  readonly threads: Threads;
  readonly following: Following;
  readonly snapshots: MemberSnapshots;
  readonly search: MessageSearch;
  readonly readable: ReadableLog;
  readonly mentions: MentionPages;
  readonly fileReferences: FileReferences;

  constructor(storage: DurableObjectStorage, deps: RoomDeps, jobs: AlarmJobs<ConversationJobKind>) {
    const { timing } = deps;
    const markerFor = (kind: ConversationJobKind) => markerOf(jobs, kind, timing.retryMarker);
    this.#storage = storage;
    this.#timing = timing;
    this.state = new ConversationState(storage.sql);
    this.members = new Members(storage.sql, this.state.dissolvedAt !== null);
    this.profiles = new ProfileCache(
      storage.sql,
      deps.directory,
      timing.profileCache,
      this.members,
      (profile) => this.#profileChanged(profile),
    );
    this.knownUsers = new KnownUsers(storage.sql, this.profiles, () => this.projection.changed());
    this.bans = new Bans(storage.sql);
    this.joinRequests = new JoinRequests(storage.sql);
    this.invitations = new Invitations(storage.sql);
    const personOf = (id: UserId) => this.profiles.get(id);
    const recent = new RecentRows<Encoded>(storage.sql);
    this.log = new MessageLog(
      storage.sql,
      recent,
      this.state.profile.createdAt,
      ({ kind, body, place, custom_data: customData, tip, reactions, poll }) =>
        bytesWithProfiles(kind, body, personOf) +
        (bytesOfPart(place) + bytesOfPart(customData) + bytesOfPart(tip)) +
        (bytesOfPart(reactions) + bytesOfPart(poll)),
    );
    this.maxChanges = deps.settings.maxChanges;
    this.changeFeed = new ChangeFeed({
      state: this.state,
      log: this.log,
      timing: timing.changes,
      stored: () => this.fanout.changed(),
      announce: (announcement) => this.publish([], (sockets) => sockets.messagesChanged(announcement)),
      tellsWhole: () => this.#sockets?.tellsWhole() || this.fanout.tellsWhole,
    });
    this.threads = new Threads({
      ...{ state: this.state, log: this.log, members: this.members, changeFeed: this.changeFeed },
      replies: new ThreadLog(storage.sql, this.log),
      follows: new Follows(storage.sql, LIMITS.followedThreads),
    });
    const reactionStore = new ReactionStore(storage.sql);
    const votes = new VoteStore(storage.sql);
    const ownParts = new OwnParts([reactionStore, votes]);
    const history = new EditHistory(storage.sql);
    this.formerView = new FormerView(this.log, history, (id) => this.profiles.has(id));
    this.renderer = new MessageRenderer(
      this.state.id,
      this.log,
      this.profiles,
      this.members,
      ownParts,
      this.formerView,
    );
    this.encoder = new MessageEncoder(this.renderer, this.profiles, this.members, deps.deviceFormats, recent);
    this.snapshots = new MemberSnapshots(this);
    const events = new EphemeralEvents(timing.typing);
    const fanoutSource = new RoomFanoutSource(this, events, timing.largeGroup);
    const { inboxes } = deps;
    this.fanout = new Fanout(fanoutSource, {
      inboxes,
      marker: markerFor("fanout"),
      checkpoint: checkpointStore(storage.sql),
      retry: wakeupOf(jobs, "failed_updates"),
      failures: failureStore(storage.sql, "update"),
      onSignOfLife: (id) => this.outbox.retry(id),
      maxLiveMembers: deps.settings.maxLiveMembers,
      timing,
    });
    this.devices = new DeviceCalls(this, fanoutSource, this.fanout, timing.inboxCalls);
    this.#deviceSink = new EphemeralPublisher(this.state, this.members, events, timing.largeGroup, (id) =>
      this.fanout.mayReceiveEphemeral(id),
    );
    const publishConversation = (userId: UserId, describe: () => Conversation) =>
      this.#tellUnstored(conversationUpdated(this, userId, describe));
    this.#conversationUpdates = new ConversationUpdates(
      this,
      deps.directory,
      timing.announcements,
      publishConversation,
    );
    this.projection = new Projection(
      this.state,
      this.members,
      this.knownUsers,
      this.joinRequests,
      deps.directory,
      timing.projection,
      {
        schedule: (due) => jobs.schedule("projection", "", due),
        isScheduled: () => jobs.has("projection", ""),
      },
      (gone) => this.#removeDeletedUsers(gone),
    );
    this.outbox = new NotificationOutbox(storage.sql, this.state.id, {
      inboxes,
      wakeup: wakeupOf(jobs, "notifications"),
      failures: failureStore(storage.sql, "notifications"),
      timing,
    });
    this.memberList = new MemberList(this.members);
    this.group = new GroupChanges(this);
    this.readPositions = new ReadPositions(this);
    this.joining = new Joining(this, deps.settings.maxGroupMembers, timing.rejections);
    this.banning = new Banning(this);
    this.outlines = new GroupOutlines(this);
    this.inviting = new Inviting(this, this.outlines);
    this.readable = new ReadableLog(storage.sql, this.log);
    this.mentions = new MentionPages(storage.sql, this.log, timing.acrossConversations);
    this.search = new MessageSearch(storage, this.log, markerFor("index"), timing.indexing);
    // Due with the alarm that looks after the fan-out: it costs no alarm of its own.
    this.fileReferences = new FileReferences(storage.sql, this.state.id, this.log, {
      directory: deps.directory,
      wakeup: wakeupOf(jobs, "files"),
      delayMs: () => timing.retryMarker.dueMs,
    });
    this.pinning = new Pinning(this, () => this.#directPermissionKnown());
    const beside = [reactionStore, votes];
    this.redaction = new Redaction(this, history, this.search.indexing, this.fileReferences, beside);
    this.following = new Following(this);
    this.#composers = new Composers(storage.sql, this.members);
    this.reactions = new Reactions(this, {
      store: reactionStore,
      permission: () => this.#directPermissionKnown(),
      checkPermission: (member) => checkWritePermission(this.state, this.members, member),
      schedule: (userId) => jobs.schedule("deleted_reactions", String(userId), Date.now()),
    });
    this.polls = new Polls(this, {
      votes,
      permission: () => this.#directPermissionKnown(),
      checkPermission: (member) => checkWritePermission(this.state, this.members, member),
      schedule: (userId) => jobs.schedule("deleted_votes", String(userId), Date.now()),
    });
    this.#sendQueue = new SendQueue(
      storage,
      this.log,
      this.members,
      this.knownUsers,
      this.threads,
      (sender, draft) =>
        checkWritePermission(this.state, this.members, sender) ??
        checkPoll(this.state, sender, draft) ??
        checkMentions(this.state, this.members, sender, draft.mentions),
      (outcomes, tx) => this.#committed(outcomes, tx),
    );
    const permissionDeps = {
      read: () => deps.directory.directPermission(this.state.id),
      schedule: (due: number) => jobs.schedule("direct_permission", "", due),
      onChanged: () => this.pushConversation(),
    };
    this.directPermission = new DirectPermission(
      storage.sql,
      this.state,
      permissionDeps,
      timing.directPermission,
    );
    this.editing = new Editing(this, {
      ...{ history, indexer: this.search.indexing, files: this.fileReferences },
      permission: this.directPermission,
      windowS: deps.settings.editWindowS,
      scheduleRemoval: (userId) => jobs.schedule("edit_history", String(userId), Date.now()),
    });
    const { members, log, profiles } = this;
    this.forwards = new ForwardResolver(
      { id: this.state.id, members, log, profiles, flush: () => this.flushSends() },
      deps.sources,
      timing.copies,
    );
    this.#admission = new SendAdmission(this.#sendQueue, this.directPermission, this.forwards, (outcomes) =>
      this.#committed(outcomes),
    );
  }

  /** Has room sockets told of all later events. */
  tellSockets(sockets: SocketSink): void {
    this.#sockets = sockets;
  }

  /** Queues the sends of one frame or call. `origin` gets the outcome of each. */
  submit(senderId: UserId, drafts: AnyDraft[], origin: SendOrigin): void {
    this.submitEach(
      senderId,
      drafts.map((draft) => ({ draft, origin })),
    );
  }

  /** Queues the sends of one call, each with its origin; they have the order key of the first one. */
  submitEach(senderId: UserId, sends: readonly PendingSend[]): void {
    this.profiles.refreshInBackground();
    this.#admission.admit(senderId, sends);
  }

  /**
   * Stores a message for a caller. The list of the sender shows it once this resolves.
   * @returns the stored message, `isRepeated` if its client id was known already
   */
  async send(senderId: UserId, draft: AnyDraft): Promise<{ message: Message; isRepeated: boolean }> {
    const { result } = await new Promise<SendOutcome<SendOrigin>>((resolve) =>
      this.submit(senderId, [draft], { resolve }),
    );
    if (!result.ok) throw new CoreError(result.code, result.detail, result.data);
    // Only a forward can add known users, which D1 must have before the answer.
    const isProjected = "copy" in draft && this.knownUsers.hasUnprojected;
    await (isProjected ? this.propagate([senderId]) : this.fanout.deliverToSender(senderId));
    const { row, isRepeated } = result.value;
    const sender = this.members.find(senderId);
    if (!sender) throw new Error("the sender of a stored message has no member row");
    const reader = isRepeated ? this.renderer.senderAsReader(row, sender) : sender;
    const [message] = this.renderer.render([row], reader);
    if (!message) throw new Error("one row makes one message");
    return { message, isRepeated };
  }

  /** @see ConversationObject.checkDraft */
  checkDraft(senderId: UserId, draft: DraftReferences): { sent: Message | null } {
    this.flushSends();
    const { clientMsgId } = draft;
    const row = clientMsgId === undefined ? undefined : this.log.byClientId(senderId, clientMsgId);
    const sender = row && this.members.find(senderId);
    if (sender)
      return { sent: this.renderer.render([row], this.renderer.senderAsReader(row, sender))[0] ?? null };
    const refusal = refusedReference(this, this.members.active(senderId), draft);
    if (refusal) throw refusal;
    return { sent: null };
  }

  /** Publishes that a member is typing, unless they may not write. */
  typing(userId: UserId): void {
    if (!this.mayWrite(userId)) return;
    const now = Date.now();
    if (now - (this.#typedAt.get(userId) ?? 0) < this.#timing.typing.intervalMs) return;
    this.#typedAt.set(userId, now);
    this.#tellUnstored(typing(this, userId));
  }

  /** Tells the members that a member looks different. */
  #profileChanged(profile: VersionedPerson): void {
    if (this.members.findSender(profile.id)) this.#tellUnstored(profileChanged(profile));
  }

  /** Tells of an event that nothing was stored for. */
  #tellUnstored(published: Published): void {
    this.#tell(published);
    this.fanout.ephemeral();
  }

  #tell(published: Published): void {
    this.#sockets?.tell(published);
    this.#deviceSink.tell(published);
  }

  /** Whether a member may write here now. @throws `not_found` for a user who is no member */
  mayWrite(userId: UserId): boolean {
    return !checkWritePermission(this.state, this.members, this.members.active(userId));
  }

  /** Waits while a change of the direct permission is under way. @throws `unavailable` without D1 */
  async #directPermissionKnown(): Promise<void> {
    const failure = await this.directPermission.check();
    if (failure) throw new CoreError(failure.code, failure.detail, failure.data);
  }

  /** Commits the queued sends, so that what follows in this turn sees them. */
  flushSends(): void {
    this.#sendQueue.flush();
  }

  /** One awaited try to update the inboxes of these users, of 50 at most. */
  async updateInboxes(userIds: UserId[]): Promise<void> {
    await this.fanout.deliverNow(userIds, MAX_AWAITED_UPDATES);
  }

  /**
   * Updates every inbox that lacks the newest state, 50 of them before this resolves.
   * @param first a member who opens the conversation: it returns to their list if they had deleted it for
   *   themselves
   * @param forBoth a direct conversation is opened for the other user too, except across a block.
   *   Otherwise the first message does that.
   */
  async updateAllInboxes(first: UserId, forBoth = false): Promise<void> {
    const openers = forBoth && !this.state.isBlocked ? this.members.ids() : [first];
    for (const id of openers) {
      const member = this.members.findSender(id);
      if (member && openForMember(this.members, member)) this.fanout.changed();
    }
    if (restoreToList(this.members, this.members.active(first))) this.fanout.changed();
    // A member whose inbox lacks the update may not know the conversation: their sockets get the whole of it.
    this.pushConversation(this.members.ids().filter((id) => !this.fanout.isDelivered(id)));
    this.fanout.resume();
    this.outbox.resume();
    await Promise.all([this.updateInboxes([first, ...this.members.ids()]), this.outbox.tryNow()]);
  }

  /** At start-up: resumes what a crash or an eviction has cut short, without waiting for the alarm. */
  resume(): void {
    this.projection.resume();
    this.fanout.resume();
    this.search.indexing.resume();
    this.outbox.resume();
  }

  #committed(outcomes: SendOutcome<SendOrigin>[], tx?: Transaction): void {
    // The sends are stored: whatever fails below, each caller gets its answer.
    for (const outcome of outcomes) {
      const { origin } = outcome.send;
      if ("resolve" in origin) origin.resolve(outcome);
    }
    // Room sockets and acks first: to make inbox updates takes time.
    try {
      this.#sockets?.sent(outcomes);
    } finally {
      tx?.publishAll();
      const stored = newRows(outcomes);
      this.#noteSenders(stored);
      const ofSockets = newRows(outcomes.filter(({ send }) => "socket" in send.origin));
      if (ofSockets.length > 0) this.fanout.sentInRoom(ofSockets.length);
      if (stored.length > 0) this.fanout.changed();
      this.fileReferences.stored(stored);
      this.search.indexing.resume();
    }
  }

  /**
   * Notes the first message of each user of a direct conversation, in the turn of its commit. The first
   * message opens the conversation for both. Once both have written, D1 gets to know it.
   */
  #noteSenders(stored: MessageRow[]): void {
    const { state } = this;
    if (state.profile.kind !== "direct" || state.answered) return;
    for (const { sender_id: senderId } of stored) {
      if (state.firstSender === null) {
        state.setFirstSender(senderId);
        this.members.openForAll();
      } else if (state.firstSender !== senderId) {
        state.setAnswered();
        this.projection.changed();
        void this.projection.tryNow();
        return;
      }
    }
  }

  /** @see RoomContext.publish */
  publish(events: readonly Published[], toSockets?: (sockets: SocketSink) => void): void {
    // Before the fan-out, so that the first inbox update carries the events. What they tell is stored: if one
    // cannot be told, the fan-out starts all the same.
    try {
      if (this.#sockets) toSockets?.(this.#sockets);
      for (const published of events) this.#tell(published);
    } finally {
      this.fanout.changed();
    }
  }

  /** Whether a user has a room socket, or may have a device connected. */
  #reaches(userId: UserId): boolean {
    return this.#sockets?.reaches(userId) || this.#deviceSink.reaches(userId);
  }

  /** Runs work in a transaction, then what it has registered. @see commit */
  commit<T>(work: (tx: Transaction) => T): T {
    return commit(this.#storage, work);
  }

  /** Stores a change of the group, and has it published. Call `flushSends` before the transaction. */
  change(tx: Transaction, change: GroupChange): void {
    const changed = storeChange(tx, this, change);
    tx.publish(() => this.projection.changed());
    tx.publish(() => this.outbox.changed());
    tx.publish(() => this.publish(memberEvents(this, change), (sockets) => sockets.changed(changed)));
    const { profile, systemMessage } = change;
    if (profile) tx.publish(() => this.pushConversation());
    else if (systemMessage?.event === "role" || systemMessage?.event === "joined")
      tx.publish(() => this.pushConversation(systemMessage.user_ids));
  }

  /** Sends the sockets of these users, or of all members, the conversation as each sees it now. */
  pushConversation(userIds: UserId[] = this.members.ids()): void {
    this.#conversationUpdates.pushTo(userIds.filter((id) => this.#reaches(id)));
  }

  /**
   * One awaited try to write a change to D1, to deliver its notifications, and to update these inboxes:
   * callers then read what was written.
   */
  async propagate(userIds: UserId[]): Promise<void> {
    await Promise.all([this.projection.tryNow(), this.outbox.tryNow(), this.updateInboxes(userIds)]);
  }

  /**
   * Notes that a member writes a composer draft under a client message id.
   * @throws `not_found` unless the user is an active member
   */
  openComposer(userId: UserId, clientMsgId: string | undefined): ComposerOpening {
    this.#sendQueue.flush();
    const member = this.members.active(userId);
    const isSent = clientMsgId !== undefined && this.log.byClientId(userId, clientMsgId) !== undefined;
    if (clientMsgId !== undefined && !isSent) this.#composers.open(member, clientMsgId);
    return { update: this.snapshots.inboxUpdate(userId), isSent };
  }

  /** The newest inbox update of a member. @throws `not_found` for a user who was never a member */
  snapshot(userId: UserId): InboxUpdate {
    this.#sendQueue.flush();
    this.members.known(userId);
    return this.snapshots.inboxUpdate(userId);
  }

  /** Who has no account any more is no member either. */
  #removeDeletedUsers(userIds: UserId[]): void {
    for (const id of userIds) removeDeletedUser(this, this, id);
  }
}

function bytesOfPart(part: string | null): number {
  return part === null ? 0 : bytesOf(part);
}
