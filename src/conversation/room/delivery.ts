import type { UserId } from "../../domain/ids.ts";
import type { DeletedUser } from "../../domain/ports.ts";
import { Projection } from "../delivery/d1-projection.ts";
import { EphemeralEvents } from "../delivery/ephemeral-events.ts";
import { EphemeralPublisher } from "../delivery/ephemeral-publisher.ts";
import { Fanout } from "../delivery/fanout.ts";
import { checkpointStore } from "../delivery/fanout-checkpoint.ts";
import { RoomFanoutSource } from "../delivery/fanout-source.ts";
import { failureStore } from "../delivery/inbox-calls/inbox-failures.ts";
import { NotificationOutbox } from "../delivery/notification-outbox.ts";
import { ConversationHooks } from "../hooks/hooks.ts";
import { markerOf, wakeupOf } from "../jobs.ts";
import { RetentionSchedule } from "../retention/schedule.ts";
import { KnownRules } from "../sending/known-rules.ts";
import type { RoomHost } from "./host.ts";
import type { Publisher } from "./publisher.ts";
import type { Stores } from "./stores.ts";

/** Inbox updates that are awaited before an answer; the others go at the fan-out's pace. */
const MAX_AWAITED_UPDATES = 50;

export type Delivery = ReturnType<typeof createDelivery>;

/**
 * The second layer of a room: how inboxes, devices and D1 get what is stored.
 * @param removeDeleted is called with users whose accounts D1 reports as deleted, never during the creation
 */
export function createDelivery(
  host: RoomHost,
  stores: Stores,
  publisher: Publisher,
  removeDeleted: (users: DeletedUser[]) => void,
) {
  const { jobs, directory, inboxes, metrics, settings, timing } = host;
  const { sql } = host.storage;
  const { state, members, knownUsers, joinRequests } = stores;
  const outbox = new NotificationOutbox(sql, state.id, {
    inboxes,
    wakeup: wakeupOf(jobs, "notifications"),
    failures: failureStore(sql, "notifications", metrics),
    timing,
  });
  const events = new EphemeralEvents(timing.typing);
  const fanoutSource = new RoomFanoutSource(stores, events, timing.largeGroup);
  const fanout = new Fanout(fanoutSource, {
    inboxes,
    marker: markerOf(jobs, "fanout", timing.retryMarker),
    checkpoint: checkpointStore(sql),
    retry: wakeupOf(jobs, "failed_updates"),
    failures: failureStore(sql, "update", metrics),
    onSignOfLife: (id) => outbox.retry(id),
    maxLiveMembers: settings.maxLiveMembers,
    timing,
  });
  const mayReceive = (id: UserId) => fanout.mayReceiveEphemeral(id);
  const deviceEvents = new EphemeralPublisher(state, members, events, timing.largeGroup, mayReceive);
  const hooks = new ConversationHooks(sql, {
    ...{ room: stores, ...host.hooks, timing },
    rules: new KnownRules(host.rules, timing.rules),
    hold: (message) => host.directory.hold(message),
    schedule: (id, due) => jobs.schedule("hooks", id, due),
  });
  const retentionSchedule = new RetentionSchedule({
    ...{ state, log: stores.log, defaultDays: settings.retentionDays, timing: timing.retention },
    job: {
      due: () => jobs.due("retention", ""),
      schedule: (due) => jobs.schedule("retention", "", due),
    },
  });
  publisher.connectDelivery({ deviceEvents, fanout, hooks, retention: retentionSchedule });
  const projection = new Projection(
    state,
    members,
    knownUsers,
    joinRequests,
    directory,
    timing.projection,
    {
      schedule: (due) => jobs.schedule("projection", "", due),
      isScheduled: () => jobs.has("projection", ""),
    },
    removeDeleted,
    (userId) => {
      const fromId = members.ids().find((id) => id !== userId);
      if (fromId === undefined) return;
      void directory.tellAsked(userId, { conversationId: state.id, fromId });
    },
  );
  /** @see RoomContext.updateInboxes */
  const updateInboxes = (userIds: UserId[]) => fanout.deliverNow(userIds, MAX_AWAITED_UPDATES);
  return {
    outbox,
    fanoutSource,
    fanout,
    projection,
    hooks,
    retentionSchedule,
    updateInboxes,
    /** @see RoomContext.updateAllInboxes */
    updateAllInboxes: (first: UserId[] = []) => updateInboxes([...first, ...fanoutSource.ids()]),
    /** @see RoomContext.propagate */
    async propagate(userIds: UserId[]): Promise<void> {
      await Promise.all([projection.tryNow(), outbox.tryNow(), updateInboxes(userIds)]);
    },
  };
}
