import { ConversationUpdates } from "../delivery/conversation-updates.ts";
import { checkPoll } from "../polls/poll-permission.ts";
import { CommittedSends } from "../sending/committed-sends.ts";
import { DirectPermission } from "../sending/direct-permission.ts";
import { ForwardResolver } from "../sending/forward-resolver.ts";
import { checkMentions } from "../sending/mention-permission.ts";
import type { SendOrigin } from "../sending/send.ts";
import { SendAdmission } from "../sending/send-admission.ts";
import { SendQueue } from "../sending/send-queue.ts";
import { Sends } from "../sending/sends.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import { conversationUpdated } from "../state/events.ts";
import type { Delivery } from "./delivery.ts";
import type { RoomHost } from "./host.ts";
import type { Publisher } from "./publisher.ts";
import type { Stores } from "./stores.ts";

export type Sending = ReturnType<typeof createSending>;

/** The third layer of a room: how messages are sent. What it writes, the features above it find. */
export function createSending(
  { storage, jobs, directory, sources, timing }: RoomHost,
  stores: Stores,
  { fanout, projection, propagate }: Delivery,
  publisher: Publisher,
) {
  const { state, log, members, composers, profiles, knownUsers, threads, search, fileReferences } = stores;
  const committed = new CommittedSends({
    ...{ state, members, publisher, fanout, projection },
    files: fileReferences,
    indexer: search.indexing,
  });
  const queue = new SendQueue<SendOrigin>({
    ...{ storage, log, members, composers, threads },
    storePeople: (tx, people) => {
      knownUsers.store(people);
      tx.publish(() => projection.changed());
    },
    checkPermission: (sender, draft) =>
      checkWritePermission(state, members, sender) ??
      checkPoll(state, sender, draft) ??
      checkMentions(state, members, sender, draft.mentions),
    onOutcomes: (outcomes, tx) => committed.tell(outcomes, tx),
  });
  const flushSends = () => queue.flush();
  const conversationUpdates = new ConversationUpdates(
    { ...stores, flushSends, propagate },
    directory,
    timing.announcements,
    {
      reaches: (userId) => publisher.reaches(userId),
      tell: (userId, describe) => publisher.tellUnstored(conversationUpdated(stores, userId, describe)),
    },
  );
  const directPermission = new DirectPermission(
    storage.sql,
    state,
    {
      read: () => directory.directPermission(state.id),
      schedule: (due) => jobs.schedule("direct_permission", "", due),
      onChanged: () => conversationUpdates.push(),
    },
    timing.directPermission,
  );
  const own = { id: state.id, members, log, profiles, flush: flushSends };
  const forwards = new ForwardResolver(own, sources, timing.copies);
  const admission = new SendAdmission(queue, directPermission, forwards, (outcomes) =>
    committed.tell(outcomes),
  );
  return {
    flushSends,
    conversationUpdates,
    directPermission,
    forwards,
    sends: new Sends(stores, { queue, admission, fanout, propagate }),
  };
}
