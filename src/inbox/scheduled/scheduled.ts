import type { UserId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import type { QuotaUses } from "../quota-uses.ts";
import { HeldFiles } from "./held-files.ts";
import { ScheduledMessages } from "./scheduled-messages.ts";
import { ScheduledSends } from "./scheduled-sends.ts";

/** The alarm jobs of scheduled messages. */
interface Scheduler {
  schedule(kind: "scheduled" | "scheduled_files" | "scheduled_expiry", key: string, due: number): void;
}

interface ScheduledDeps {
  directory: Pick<UserDirectory, "fileExists" | "isSuspended" | "holdFiles" | "releaseFiles">;
  conversations: Pick<Conversations, "send" | "checkDraft">;
  timing: Pick<Timing, "scheduled" | "files">;
  quotas: Pick<QuotaUses, "limitOf">;
  metrics: Metrics;
  userId(): UserId;
  /** whether a deletion of the account is under way, and D1 has the answer */
  mayBeDeleted(): boolean;
  /** sends an event to the user's connected devices */
  tell(event: DeviceEvent): void;
}

/** The scheduled messages of a user: what is stored, what becomes of it, and its files. */
export interface Scheduled {
  messages: ScheduledMessages;
  sends: ScheduledSends;
  files: HeldFiles;
}

/** Creates the parts from the table of the inbox, and connects them. */
export function createScheduled(sql: SqlStorage, jobs: Scheduler, deps: ScheduledDeps): Scheduled {
  const messages = new ScheduledMessages(sql, deps.timing.scheduled, deps.quotas);
  const files = new HeldFiles(messages, jobs, deps);
  const sends = new ScheduledSends(messages, jobs, { ...deps, files, timing: deps.timing.scheduled });
  return { messages, sends, files };
}
