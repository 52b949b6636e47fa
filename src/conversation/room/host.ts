import type { Metrics } from "../../domain/operation/metrics.ts";
import type {
  ConversationDirectory,
  HookCaller,
  HookDirectory,
  Inboxes,
  LinkPreviews,
  MessageSources,
} from "../../domain/ports.ts";
import type { HookFormat } from "../../domain/server/hook-format.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Timing } from "../../domain/timing.ts";
import type { AlarmJobs } from "../../object/jobs/alarm-jobs.ts";
import type { ArchivePort } from "../archives/archives.ts";
import type { ConversationJobKind } from "../jobs.ts";
import type { RulesSource } from "../sending/known-rules.ts";
import type { DeviceFormats } from "../views/message-encoder.ts";

/** What a room needs from outside. */
export interface RoomDeps {
  directory: ConversationDirectory;
  inboxes: Inboxes;
  archives: ArchivePort;
  sources: MessageSources;
  deviceFormats: DeviceFormats;
  rules: RulesSource;
  hooks: { directory: HookDirectory; caller: HookCaller; format: HookFormat };
  linkPreviews: LinkPreviews;
  settings: Settings;
  metrics: Metrics;
  timing: Timing;
}

/** The object that a room is in, as each of its layers gets it. */
export interface RoomHost extends RoomDeps {
  storage: DurableObjectStorage;
  jobs: AlarmJobs<ConversationJobKind>;
}
