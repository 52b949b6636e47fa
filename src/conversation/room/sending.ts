import { ShownStreams } from "../bots/shown-streams.ts";
import { checkButtons } from "../bots/stored-buttons.ts";
import { ConversationUpdates } from "../delivery/conversation-updates.ts";
import { hookReader } from "../incoming-hooks/hook-posts.ts";
import { PreviewRequests } from "../link-previews/preview-requests.ts";
import type { MemberRow } from "../members/member-row.ts";
import { checkPoll } from "../polls/polls.ts";
import { CommittedSends } from "../sending/committed-sends.ts";
import { DirectPermission } from "../sending/direct-permission.ts";
import { ForwardResolver } from "../sending/forward-resolver.ts";
import { checkMentions } from "../sending/mention-permission.ts";
import type { SendOrigin } from "../sending/send.ts";
import { SendAdmission, type SendGate } from "../sending/send-admission.ts";
import { SendQueue } from "../sending/send-queue.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import { Sends } from "../sending/sends.ts";
import { SlowMode } from "../sending/slow-mode.ts";
import { checkDraftPermission } from "../sending/write-permission.ts";
import { conversationUpdated } from "../state/events.ts";
import { commit } from "../state/transaction.ts";
import { Arrivals } from "../viewers/arrivals.ts";
import type { Delivery } from "./delivery.ts";
import type { RoomHost } from "./host.ts";
import type { Publisher } from "./publisher.ts";
import type { Stores } from "./stores.ts";

export type Sending = ReturnType<typeof createSending>;

/** The third layer of a room: how messages are sent. What it writes, the features above it find. */
export function createSending(
  { storage, jobs, directory, sources, settings, metrics, timing }: RoomHost,
  stores: Stores,
  { fanout, projection, propagate, hooks }: Delivery,
  publisher: Publisher,
) {
  const { space, state, log, members, composers, profiles, knownUsers, threads, search, fileReferences } =
    stores;
  const previewRequests = new PreviewRequests({
    ...{ isOn: settings.linkPreviews, state, members },
    schedule: (seq) => jobs.schedule("link_previews", String(seq), Date.now()),
  });
  const streams = new ShownStreams(stores, publisher, hooks.gate, timing.streams);
  const committed = new CommittedSends({
    ...{ state, members, publisher, fanout, projection, metrics, previewRequests, streams },
    files: fileReferences,
    indexer: search.indexing,
  });
  const slowMode = new SlowMode(storage.sql, log, stores.rights);
  const arrivals = new Arrivals(stores, {
    ...{ directory, maxGroupMembers: settings.maxGroupMembers },
    timeoutMs: timing.profileCache.timeoutMs,
    tell: (row) => {
      projection.changed();
      publisher.toSockets((sockets) =>
        sockets.groupChanged({ change: { members: [row] }, systemMessage: null }),
      );
      conversationUpdates.send([row.user_id]);
    },
  });
  const queue = new SendQueue<SendOrigin>({
    ...{ storage, space, log, members, composers, threads, slowMode, arrivals },
    storePeople: (tx, people) => {
      knownUsers.store(people);
      tx.publish(() => projection.changed());
    },
    checkPermission: (sender, draft) =>
      stores.readers?.refusal() ??
      checkDraftPermission(stores, sender, draft) ??
      checkPoll(stores, sender, draft) ??
      checkMentions(stores, sender, draft.mentions) ??
      checkButtons(profiles, sender.user_id, draft.buttons) ??
      space.refusal(),
    checkIncomingHook: ({ thread }) =>
      space.refusal() ?? (thread && threads.refusal(thread, hookReader(state))),
    onOutcomes: (outcomes, tx) => committed.tell(outcomes, tx),
  });
  const flushSends = () => queue.flush();
  const conversationUpdates = new ConversationUpdates(
    { ...stores, flushSends, propagate },
    directory,
    timing.announcements,
    {
      reaches: (userId) => publisher.reaches(userId),
      refresh: () => publisher.refresh(),
      tell: (userId, describe) => publisher.tellUnstored(conversationUpdated(userId, describe)),
    },
  );
  const directPermission = new DirectPermission(
    storage.sql,
    {
      read: () => directory.directPermission(state.id),
      schedule: (due) => jobs.schedule("direct_permission", "", due),
      store: (permission) => {
        const toldOfBlocks = permission.blocked === state.isBlocked ? [] : botsIn(stores);
        commit(storage, (tx) => {
          if (!state.setDirectPermission(tx, permission)) return;
          tx.publish(() => conversationUpdates.send());
          for (const bot of toldOfBlocks) members.touch(tx, bot);
          if (toldOfBlocks.length > 0) tx.publish(() => publisher.changed());
        });
      },
    },
    timing.directPermission,
  );
  const own = { id: state.id, members, viewers: stores.viewers, log, profiles, flush: flushSends };
  const forwards = new ForwardResolver(own, sources, timing.copies);
  const admission = new SendAdmission(
    queue,
    directPermission,
    forwards,
    sendGate(hooks.gate, { ...stores, slowMode, arrivals, flushSends }),
    arrivals,
    log,
    (outcomes) => committed.tell(outcomes),
  );
  return {
    flushSends,
    conversationUpdates,
    directPermission,
    forwards,
    previewRequests,
    streams,
    sends: new Sends(stores, { queue, admission, fanout, propagate }),
  };
}

/** The bots of a direct conversation. They alone are told of blocks, by their inboxes. */
function botsIn({ members, profiles }: Stores): MemberRow[] {
  return members.ids().flatMap((id) => (profiles.get(id).bot ? (members.find(id) ?? []) : []));
}

/**
 * The gate of sends. Who may not send here, and what is stored already, is left to the queue: nobody is asked
 * for it.
 */
function sendGate(
  gate: SendingGate,
  {
    space,
    state,
    members,
    log,
    slowMode,
    rights,
    arrivals,
    flushSends,
  }: Stores & { slowMode: SlowMode; arrivals: Arrivals; flushSends(): void },
): SendGate {
  return {
    isSetFor: (senderId) => gate.isSetFor(senderId),
    async check(senderId, { draft, origin }) {
      const { kind, body, clientMsgId, mentions, thread } = draft;
      flushSends();
      const isStored = clientMsgId !== undefined && log.byClientId(senderId, clientMsgId) !== undefined;
      const member = members.findSender(senderId);
      const sender = member ?? arrivals.find(senderId, origin);
      // Nobody sees what a hook in the shadow brings: so nobody is asked.
      if (isStored || draft.shadowed || !(sender || draft.hookOrigin)) return { ok: true, value: draft };
      space.look();
      const isRefused =
        sender &&
        ((member ? undefined : arrivals.refusal()) ??
          checkDraftPermission({ state, members, rights }, sender, draft) ??
          slowMode.refusal(sender, draft));
      if (isRefused ?? space.refusal()) return { ok: true, value: draft };
      const checked = await gate.check({
        ...{ conversationId: state.id, senderId, kind, body, clientMsgId, mentions, draft, edits: null },
        ...{ threadRoot: thread?.root ?? null, buttons: draft.buttons },
      });
      if (!checked.ok) return checked;
      const { shadowed, hookOrigin } = checked.value;
      const shown = { ...(shadowed && { shadowed }), ...(hookOrigin && { hookOrigin }) };
      const ready = { ...draft, clientMsgId: checked.value.clientMsgId, ...shown };
      const isSame = checked.value.body === body || draft.poll !== undefined;
      return { ok: true, value: isSame ? ready : { ...ready, body: checked.value.body, place: undefined } };
    },
  };
}
