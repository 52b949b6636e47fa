import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import { filesOf, ScheduledId } from "../../domain/messages/scheduled.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import type { ScheduledMessages } from "./scheduled-messages.ts";

/** The alarm job of held files. */
interface Scheduler {
  schedule(kind: "scheduled_files", key: string, due: number): void;
}

interface HeldFilesDeps {
  directory: Pick<UserDirectory, "holdFiles" | "releaseFiles">;
  timing: Pick<Timing, "scheduled" | "files">;
  userId(): UserId;
}

/**
 * Keeps the files of scheduled messages in D1 (`file_holds`) until their messages can show them. The
 * scheduled messages are the truth: a job for each message has D1 follow, so a crash loses nothing.
 */
export class HeldFiles {
  readonly #messages: ScheduledMessages;
  readonly #jobs: Scheduler;
  readonly #deps: HeldFilesDeps;

  constructor(messages: ScheduledMessages, jobs: Scheduler, deps: HeldFilesDeps) {
    this.#messages = messages;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * A scheduled message was made, changed, sent or deleted.
   * @param drafts before and after it; absent: unknown. Drafts that name no file cost nothing
   */
  changed(id: ScheduledId, drafts?: AnyDraft[]): void {
    if (drafts?.every((draft) => filesOf(draft).length === 0)) return;
    this.#jobs.schedule("scheduled_files", id, Date.now());
  }

  /** The `scheduled_files` job of a message. @returns null: D1 has what it needs */
  async store(key: string): Promise<null> {
    const { directory, timing, userId } = this.#deps;
    const id = ScheduledId.parse(key);
    const message = this.#messages.find(id);
    const files = message ? filesOf(message.draft) : [];
    if (!message || files.length === 0) {
      // A sent message shows its files a little later: until then they stay.
      await directory.releaseFiles(userId(), id, Date.now() + timing.scheduled.releaseMs);
      return null;
    }
    const { giveUpMs, keepFailedMs } = timing.scheduled;
    const until = Math.max(message.sendAt, Date.now()) + giveUpMs + keepFailedMs + timing.files.graceMs;
    await directory.holdFiles(userId(), id, files, until);
    return null;
  }
}
