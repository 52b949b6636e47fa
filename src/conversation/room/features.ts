import { CoreError } from "../../domain/errors.ts";
import { NOBODY, type UserId } from "../../domain/ids.ts";
import { Admission } from "../actions/admission.ts";
import { BackendChanges } from "../actions/backend.ts";
import { Banning } from "../actions/banning.ts";
import { Editing } from "../actions/editing.ts";
import { GroupChanges } from "../actions/group.ts";
import { Inviting } from "../actions/inviting.ts";
import { Joining } from "../actions/joining.ts";
import { Opening } from "../actions/opening.ts";
import { Pinning } from "../actions/pinning.ts";
import { ReadPositions } from "../actions/read-positions.ts";
import { Redaction } from "../actions/redaction.ts";
import { Typing } from "../actions/typing.ts";
import { GroupData } from "../attributes/group-data.ts";
import { PassingMessages } from "../bots/passing-messages.ts";
import { Taps } from "../bots/taps.ts";
import { Channel } from "../channel/channel.ts";
import { DeviceCalls } from "../delivery/device-calls.ts";
import { HookMakers } from "../incoming-hooks/hook-makers.ts";
import { HookManagement } from "../incoming-hooks/hook-management.ts";
import { HookPosts } from "../incoming-hooks/hook-posts.ts";
import { PostRate } from "../incoming-hooks/post-rate.ts";
import type { ConversationJobKind } from "../jobs.ts";
import { MessagePreviews } from "../link-previews/link-previews.ts";
import { OnlineMessages } from "../online/online-messages.ts";
import { Polls } from "../polls/polls.ts";
import { Reactions } from "../reactions/reactions.ts";
import { ExpiredMessages } from "../retention/expired-messages.ts";
import { Retention } from "../retention/retention.ts";
import type { ContentFollower } from "../state/content-follower.ts";
import { Following } from "../threads/following.ts";
import { ConversationExport } from "../transfer/export.ts";
import { ExportMarks } from "../transfer/export-marks.ts";
import { ConversationImport } from "../transfer/import.ts";
import { MemberImport } from "../transfer/import-members.ts";
import { GroupOutlines } from "../views/group-outlines.ts";
import type { RoomContext } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import type { RoomHost } from "./host.ts";
import type { Publisher } from "./publisher.ts";
import type { Sending } from "./sending.ts";
import type { Stores } from "./stores.ts";

export type Features = ReturnType<typeof createFeatures>;

/** The last layer of a room: what members do in a conversation besides sending. */
export function createFeatures(
  { storage: { sql }, jobs, directory, linkPreviews, settings, timing }: RoomHost,
  room: RoomContext & Stores & Delivery & Sending,
  publisher: Publisher,
) {
  const { history, reactionStore, voteStore, directPermission, fanout } = room;
  const outlines = new GroupOutlines(room);
  const files = room.fileReferences;
  const indexer = room.search.indexing;
  /** In this order: files of former versions are looked up before the history goes. */
  const followers: readonly ContentFollower[] = [
    ...[indexer, files, history, reactionStore, voteStore],
    room.moving,
  ];
  /** Waits while a change of the direct permission is under way. @throws `unavailable` without D1 */
  const permission = async () => {
    const failure = await directPermission.check();
    if (failure) throw new CoreError(failure.code, failure.detail, failure.data);
  };
  const scheduleNow = (kind: ConversationJobKind) => (userId: UserId) =>
    jobs.schedule(kind, String(userId), Date.now());
  const group = new GroupChanges(room);
  const admission = new Admission(room, settings.maxGroupMembers);
  const redaction = new Redaction(room, {
    followers,
    // Later than the alarm that runs now: each part is an event of its own, and others come between.
    scheduleErasure: (key) => jobs.schedule("erased_messages", key, Date.now() + 1),
  });
  const editing = new Editing(room, {
    ...{ history, indexer, files, followers, previews: room.previewRequests },
    permission: directPermission,
    gate: room.hooks.gate,
    windowS: settings.editWindowS,
    scheduleRemoval: scheduleNow("edit_history"),
  });
  const joining = new Joining(room, admission, timing.rejections);
  const reactions = new Reactions(room, reactionStore, {
    ...{ permission, gate: room.hooks.gate, schedule: scheduleNow("deleted_reactions") },
  });
  const polls = new Polls(room, voteStore, {
    ...{ permission, gate: room.hooks.gate, schedule: scheduleNow("deleted_votes") },
  });
  const ids = room.externalIds;
  const exports = new ConversationExport(sql, room, { history, ids, marks: new ExportMarks(sql) });
  return {
    group,
    joining,
    backend: new BackendChanges(room, group, admission),
    hookManagement: new HookManagement(room, room.incomingHooks),
    hookPosts: new HookPosts(room, room.incomingHooks, {
      ...{ sends: room.sends, editing, redaction },
      ...{ makers: new HookMakers(directory, timing.rules), rate: new PostRate(settings) },
    }),
    banning: new Banning(room),
    outlines,
    /** null: it is no channel of a space */
    channel:
      room.readers &&
      new Channel(room, {
        readers: room.readers,
        directory,
        timeoutMs: timing.spaces.timeoutMs,
        looking: () => publisher.refresh(),
        dissolve: () => group.dissolveAs(room.state.profile.ownerId ?? NOBODY),
      }),
    inviting: new Inviting(room, outlines),
    opening: new Opening(room, { fanout, conversationUpdates: room.conversationUpdates }),
    typing: new Typing(room, publisher, room.hooks.gate, timing.typing),
    onlineMessages: new OnlineMessages(room, {
      ...{ publisher, permission, gate: room.hooks.gate, timing: timing.typing },
    }),
    passing: new PassingMessages(room, room.hooks.gate, permission),
    taps: new Taps(room, room.hooks, permission),
    readPositions: new ReadPositions(room),
    pinning: new Pinning(room, room.hooks.gate, permission),
    redaction,
    retention: new Retention(room, {
      ...{ schedule: room.retentionSchedule, expired: new ExpiredMessages(sql, room.log) },
      ...{ indexer, followers },
      tellMembers: () => room.conversationUpdates.send(),
    }),
    messagePreviews: new MessagePreviews(room, {
      ...{ requests: room.previewRequests, previews: linkPreviews, files, gate: room.hooks.gate },
      timing: timing.linkPreviews,
    }),
    editing,
    reactions,
    polls,
    /** What goes with the account of a user, in this order. */
    forgetting: [joining, editing, reactions, polls, room.log.hides],
    following: new Following(room),
    groupData: new GroupData(sql, room, publisher),
    exports,
    imports: new ConversationImport(sql, room, {
      ...{ ids, exports, history, files, indexer, followers },
      ...{ hooks: room.hooks, projection: room.projection },
      revoke: (by, row) => redaction.revokeAs(by, row),
    }),
    memberImports: new MemberImport(room, ids, admission),
    deviceCalls: new DeviceCalls(room, {
      ...{ source: room.fanoutSource, fanout, composers: room.composers, timing: timing.inboxCalls },
    }),
  };
}
