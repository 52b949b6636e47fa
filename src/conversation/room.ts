import type { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import { removeDeletedUser } from "./actions/remove-deleted-user.ts";
import type { ConversationJobKind } from "./jobs.ts";
import type { RoomContext } from "./room/context.ts";
import { createDelivery, type Delivery } from "./room/delivery.ts";
import { createFeatures, type Features } from "./room/features.ts";
import type { RoomDeps, RoomHost } from "./room/host.ts";
import { Publisher } from "./room/publisher.ts";
import { createSending, type Sending } from "./room/sending.ts";
import { createStores, type Stores } from "./room/stores.ts";
import { memberEvents } from "./state/events.ts";
import { storeChange } from "./state/group-change.ts";
import type { SocketSink } from "./state/socket-sink.ts";
import { commit } from "./state/transaction.ts";

/** What the object of a conversation does with its room, besides the features. */
interface RoomEnds {
  /** Has room sockets told of all later events. */
  tellSockets(sockets: SocketSink): void;
  /** Tells room sockets how many users look. */
  showViewerCount(count: number): void;
  /** At start-up: resumes what a crash or an eviction has cut short, without waiting for the alarm. */
  resume(): void;
}

/** A conversation inside its object: its data and its features. */
export type Room = RoomContext & Stores & Delivery & Sending & Features & RoomEnds;

/**
 * Makes a room of the tables of its conversation, in layers; each gets those below it. Each change is stored,
 * applied to memory, then published, whether it came by call or by socket.
 */
export function createRoom(
  storage: DurableObjectStorage,
  deps: RoomDeps,
  jobs: AlarmJobs<ConversationJobKind>,
): Room {
  const host: RoomHost = { ...deps, storage, jobs };
  const publisher = new Publisher();
  const stores = createStores(host, publisher);
  const delivery = createDelivery(host, stores, publisher, (users) => {
    for (const { id, messagesErased } of users) removeDeletedUser(lower, features, id, messagesErased);
  });
  const sending = createSending(host, stores, delivery, publisher);
  const lower = {
    ...stores,
    ...delivery,
    ...sending,
    ...contextOf(storage, stores, delivery, sending, publisher),
  };
  const features = createFeatures(host, lower, publisher);
  return {
    ...lower,
    ...features,
    tellSockets: (sockets) => publisher.connectSockets(sockets),
    showViewerCount: (count) => {
      const event = { type: "viewers", conversationId: stores.state.id, count } as const;
      publisher.toSockets((sockets) => sockets.tell({ event, to: { membersAnd: [] } }));
    },
    resume: () => {
      delivery.projection.resume();
      delivery.fanout.resume();
      stores.search.indexing.resume();
      delivery.outbox.resume();
      delivery.retentionSchedule.resume();
      const { mended } = stores.log;
      if (mended.length > 0)
        lower.commit((tx) => stores.changeFeed.record(tx, mended, { reachesLists: true }));
    },
  };
}

/** How features commit and publish a change. */
function contextOf(
  storage: DurableObjectStorage,
  stores: Stores,
  { outbox, projection }: Delivery,
  { conversationUpdates, flushSends, sends }: Sending,
  publisher: Publisher,
): Pick<RoomContext, "commit" | "change" | "publish" | "submitEach" | "snapshot"> {
  return {
    commit: (work) => commit(storage, work),
    change: (tx, change) => {
      const changed = storeChange(tx, { ...stores, outbox }, change);
      tx.publish(() => projection.changed());
      tx.publish(() => outbox.changed());
      tx.publish(() =>
        publisher.publish(memberEvents(stores, change), (sockets) => sockets.groupChanged(changed)),
      );
      const { profile, systemMessage } = change;
      if (profile) tx.publish(() => conversationUpdates.send());
      else if (systemMessage?.event === "role" || systemMessage?.event === "joined")
        tx.publish(() => conversationUpdates.send(systemMessage.user_ids));
    },
    publish: (events, toSockets) => publisher.publish(events, toSockets),
    submitEach: (senderId, drafts) => sends.submitEach(senderId, drafts),
    snapshot: (userId) => {
      flushSends();
      stores.members.known(userId);
      return stores.snapshots.inboxUpdate(userId);
    },
  };
}
