import { isAudienceRoom } from "../../domain/conversations/group-policies.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { bytesWithProfiles } from "../../domain/messages/copies/merged.ts";
import { bytesOf } from "../../domain/text.ts";
import { ReleasedFiles } from "../../object/files/released-files.ts";
import { StorageSpace } from "../../object/space/storage-space.ts";
import { ArchivePlaces } from "../archives/archive-places.ts";
import { Archives } from "../archives/archives.ts";
import { Moving } from "../archives/moving.ts";
import { ChangeFeed } from "../change-feed/change-feed.ts";
import { ChangedMessages } from "../change-feed/changed-messages.ts";
import { ChannelReaders } from "../channel/readers.ts";
import { Rights } from "../channel/rights.ts";
import { FileReferences } from "../files/file-references.ts";
import { IncomingHooks } from "../incoming-hooks/incoming-hooks.ts";
import { markerOf, wakeupOf } from "../jobs.ts";
import { EditHistory } from "../log/edit-history.ts";
import { MentionPages } from "../log/mention-pages.ts";
import { MessageLog } from "../log/message-log.ts";
import { ReadableLog } from "../log/readable-log.ts";
import { RecentRows } from "../log/recent-rows.ts";
import { MarkStore } from "../marks/mark-store.ts";
import { Bans } from "../members/bans.ts";
import { Composers } from "../members/composers.ts";
import { Invitations } from "../members/invitations.ts";
import { JoinRequests } from "../members/join-requests.ts";
import { KnownUsers } from "../members/known-users.ts";
import { MemberList } from "../members/member-list.ts";
import { Members } from "../members/members.ts";
import { ProfileCache } from "../members/profile-cache.ts";
import { VOTES } from "../polls/stored-poll.ts";
import { REACTIONS } from "../reactions/tally.ts";
import { MemberSearch } from "../search/member-search.ts";
import { MessageSearch } from "../search/search.ts";
import { ConversationState } from "../state/conversation-state.ts";
import { profileChanged } from "../state/events.ts";
import { Follows } from "../threads/follows.ts";
import { ThreadLog } from "../threads/thread-log.ts";
import { Threads } from "../threads/threads.ts";
import { MessageExternalIds } from "../transfer/external-ids.ts";
import { type Sample, Sampling } from "../viewers/sampling.ts";
import { Viewers } from "../viewers/viewers.ts";
import { FormerView } from "../views/former-view.ts";
import { MemberSnapshots } from "../views/member-snapshots.ts";
import { type Encoded, MessageEncoder } from "../views/message-encoder.ts";
import { MessageRenderer } from "../views/message-renderer.ts";
import { OwnParts } from "../views/own-parts.ts";
import type { RoomHost } from "./host.ts";
import type { Publisher } from "./publisher.ts";

export type Stores = ReturnType<typeof createStores>;

/** The first layer of a room: its stores, which keep SQLite and memory in step, and the views over them. */
export function createStores(host: RoomHost, publisher: Publisher) {
  const { storage, jobs, directory, deviceFormats, settings, timing } = host;
  const { sql } = storage;
  const state = new ConversationState(sql);
  const members = new Members(sql, state.dissolvedAt !== null, state.floor, settings.crowdMembers);
  const profiles = new ProfileCache(sql, directory, timing.profileCache, members, (profile) => {
    if (members.findSender(profile.id)) publisher.tellUnstored(profileChanged(profile));
  });
  const recent = new RecentRows<Encoded>(sql);
  const personOf = (id: UserId) => profiles.get(id);
  const place = () => {
    const { kind, handle, name, spaceId } = state.profile;
    return { kind, handle, name, spaceId, users: () => members.pair().map(personOf), profileOf: personOf };
  };
  const archivePlaces = new ArchivePlaces(storage);
  const archives = new Archives(state.id, archivePlaces, host.archives, timing.archives);
  const log = new MessageLog(
    sql,
    archives,
    recent,
    state.profile.createdAt,
    ({ kind, body, place, custom_data: customData, metadata, tip, reactions, poll, buttons }) =>
      bytesWithProfiles(kind, body, personOf) +
      (bytesOfPart(place) + bytesOfPart(customData) + bytesOfPart(tip)) +
      (bytesOfPart(reactions) + bytesOfPart(poll) + bytesOfPart(metadata) + bytesOfPart(buttons)),
    () => state.floor.seq,
  );
  const changeFeed = new ChangeFeed({
    ...{ state, log, timing: timing.changes },
    stored: () => publisher.changed(),
    announce: (announcement) => publisher.messagesChanged(announcement),
    tellsWhole: () => publisher.tellsWhole(),
  });
  const { spaceId } = state.profile;
  const readers =
    spaceId && new ChannelReaders({ spaceId, conversationId: state.id, directory, timing: timing.spaces });
  const rights = new Rights(state, readers);
  const threads = new Threads({
    ...{ state, log, members, rights, changeFeed },
    replies: new ThreadLog(sql, log),
    follows: new Follows(sql, LIMITS.followedThreads),
  });
  const reactionStore = new MarkStore(sql, REACTIONS);
  const voteStore = new MarkStore(sql, VOTES);
  const history = new EditHistory(sql);
  const incomingHooks = new IncomingHooks(sql);
  const releasedFiles = new ReleasedFiles(jobs, directory, timing.files);
  const externalIds = new MessageExternalIds(sql);
  const bans = new Bans(sql);
  const viewers = new Viewers({ state, log, members, bans, readers });
  const memberList = new MemberList(members, viewers);
  const formerView = new FormerView(log, history, (id) => profiles.has(id), externalIds);
  const ownParts = new OwnParts([reactionStore, voteStore]);
  const renderer = new MessageRenderer(state.id, log, profiles, members, ownParts, formerView);
  const search = new MessageSearch(
    storage,
    log,
    markerOf(jobs, "index", timing.retryMarker),
    timing.indexing,
  );
  const moving = new Moving({
    ...{ storage, log, archives, indexer: search.indexing, timing: timing.archives },
    places: archivePlaces,
    awaitsFiles: () => jobs.has("files", ""),
    schedule: (due) => jobs.schedule("archiving", "", due),
    archiveBytes: settings.archiveBytes,
  });
  const space = new StorageSpace(sql, {
    looked: (bytes) => moving.grown(bytes),
    name: () => ({ conversation: state.id }),
    store: (bytes) => directory.storeSize(state.id, bytes, archivePlaces.ranges()),
    job: {
      isScheduled: () => jobs.has("size", ""),
      schedule: (due) => jobs.schedule("size", "", due),
    },
    timing: timing.storage,
  });
  return {
    space,
    state,
    members,
    memberList,
    memberSearch: new MemberSearch(sql, viewers, memberList),
    composers: new Composers(sql, members),
    profiles,
    knownUsers: new KnownUsers(sql, profiles),
    bans,
    rights,
    readers,
    viewers,
    sampling: samplingOf(host, { state, members }, publisher),
    joinRequests: new JoinRequests(sql),
    invitations: new Invitations(sql),
    incomingHooks,
    log,
    readable: new ReadableLog(sql, log),
    mentions: new MentionPages(sql, log, timing.acrossConversations),
    history,
    ...{ formerView, externalIds },
    ...{ search, moving },
    releasedFiles,
    fileReferences: new FileReferences(sql, state.id, log, {
      ...{ directory, released: releasedFiles, timing: timing.files },
      wakeup: wakeupOf(jobs, "files"),
      makerOf: (hook) => incomingHooks.find(hook)?.createdBy,
    }),
    ...{ changeFeed, changedMessages: new ChangedMessages(sql, log) },
    /** the changed messages that a client is replayed; beyond, it loads the conversation anew */
    maxChanges: settings.maxChanges,
    threads,
    reactionStore,
    voteStore,
    renderer,
    encoder: new MessageEncoder(renderer, profiles, members, place, deviceFormats, recent),
    snapshots: new MemberSnapshots({ state, log, changeFeed, members, renderer, threads }),
  };
}

function bytesOfPart(part: string | null): number {
  return part === null ? 0 : bytesOf(part);
}

/** The sampling of an audience room; null: all its sockets are sent everything, as in any other room. */
function samplingOf(
  { settings, timing }: RoomHost,
  { state, members }: { state: ConversationState; members: Members },
  publisher: Publisher,
): Sampling | null {
  const { audienceRate: rate } = settings;
  if (rate === 0 || !isAudienceRoom(state.profile)) return null;
  const tell = (sample: Sample) => publisher.toSockets((sockets) => sockets.sampleEnded(sample));
  return new Sampling({ rate, members, timing: timing.viewers, tell });
}
