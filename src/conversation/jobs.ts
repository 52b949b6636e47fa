import type { Timing } from "../domain/timing.ts";
import type { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import type { RetryMarker } from "../object/jobs/retry-marker.ts";
import type { Wakeup } from "../object/jobs/wakeup.ts";

/** What a conversation does later, by its alarm; `ConversationLifecycle` has the handlers. */
export type ConversationJobKind =
  | "fanout"
  | "failed_updates"
  | "expiry"
  | "direct_permission"
  | "projection"
  | "index"
  | "notifications"
  | "files"
  | "released_files"
  | "edit_history"
  | "deleted_reactions"
  | "deleted_votes"
  | "erased_messages"
  | "hooks"
  | "link_previews"
  | "retention"
  | "archiving"
  | "size";

/** Has the alarm run a job at times that the caller sets. */
export function wakeupOf(jobs: AlarmJobs<ConversationJobKind>, kind: ConversationJobKind): Wakeup {
  return {
    set: (due) => jobs.schedule(kind, "", due),
    cancel: () => jobs.cancel(kind, ""),
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
