import type { Timing } from "../domain/timing.ts";
import type { AlarmJobs } from "../object/alarm-jobs.ts";
import type { RetryMarker } from "../object/retry-marker.ts";
import type { Wakeup } from "./delivery/notification-outbox.ts";

/** What a conversation does later, by its alarm; `ConversationLifecycle` has the handlers. */
export type ConversationJobKind =
  | "fanout"
  | "expiry"
  | "direct_permission"
  | "projection"
  | "index"
  | "notifications";

/** Has the alarm run the `notifications` job. */
export function wakeupOf(jobs: AlarmJobs<ConversationJobKind>): Wakeup {
  return {
    set: (due) => jobs.schedule("notifications", "", due),
    cancel: () => jobs.cancel("notifications", ""),
  };
}

/** A retry marker is the row of its job: after a crash the alarm does what is left. */
export function markerOf(
  jobs: AlarmJobs<ConversationJobKind>,
  kind: ConversationJobKind,
  timing: Timing["retryMarker"],
): RetryMarker {
  return {
    isSet: () => jobs.has(kind, ""),
    set: () => jobs.schedule(kind, "", Date.now() + timing.dueMs),
    clear: () => jobs.cancel(kind, ""),
  };
}
