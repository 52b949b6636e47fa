import type { UserId } from "../../domain/ids.ts";
import type { HookCaller, HookDirectory } from "../../domain/ports.ts";
import type { HookEventType, HookTarget } from "../../domain/server/hook.ts";
import { wants } from "../../domain/server/hook.ts";
import type { ExternalIdsOfUsers } from "../../domain/server/hook-format.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { isoTime } from "../../lib/stored-time.ts";
import { pauseAfter } from "../backoff.ts";
import type { ExternalIds } from "./external-ids.ts";
import { signedHeaders } from "./signature.ts";

/** An event of a feed, and the position behind it. */
export interface HookEvent<Position> {
  /** the `webhook-id`: the same at every try, and at a replay */
  id: string;
  type: HookEventType;
  /** ms since 1970 */
  at: number;
  /** whom the event names */
  users: readonly UserId[];
  /** the `data`, made once it is sent. @param externalIds of the users of the page */
  data(externalIds: ExternalIdsOfUsers): object;
  /** where the feed goes on */
  next: Position;
}

/** How far a run came. */
export interface Run<Position> {
  /** behind the last event that was delivered or not wanted */
  position: Position;
  /** how often the event behind it has failed; 0: none has */
  tries: number;
  /** when it is tried again (ms since 1970); null: it waits for the hook to be made active */
  nextAt: number | null;
}

/** An answer that ends the hook. */
const GONE = 410;

/**
 * Calls hooks with the events of one feed, in their order: of a conversation, or of all users. An event that
 * is not taken keeps those behind it waiting, of its feed and hook alone.
 */
export class HookDeliveries {
  readonly #subject: string;
  readonly #directory: HookDirectory;
  readonly #caller: Pick<HookCaller, "call">;
  readonly #externalIds: ExternalIds;
  readonly #timing: Timing["hooks"];

  /** @param subject names the feed among those of a hook, as in `c100001` */
  constructor(
    subject: string,
    directory: HookDirectory,
    caller: Pick<HookCaller, "call">,
    externalIds: ExternalIds,
    timing: Timing["hooks"],
  ) {
    this.#subject = subject;
    this.#directory = directory;
    this.#caller = caller;
    this.#externalIds = externalIds;
    this.#timing = timing;
  }

  /**
   * Delivers events until one is not taken.
   * @param start where they begin
   * @param tries how often the first one has failed
   */
  async run<Position>(
    target: HookTarget,
    start: Position,
    events: readonly HookEvent<Position>[],
    tries: number,
  ): Promise<Run<Position>> {
    const wanted = events.filter(({ type }) => wants(target, type));
    const externalIds = await this.#externalIds.of(wanted.flatMap(({ users }) => users));
    let position = start;
    let failures = tries;
    for (const event of events) {
      if (wants(target, event.type)) {
        const refusal = await this.#refusalOf(target, event, event.data(externalIds));
        if (refusal)
          return {
            position,
            tries: failures + 1,
            nextAt: await this.#failed(target, event, refusal, failures + 1),
          };
        await this.#taken(target, failures);
      }
      failures = 0;
      position = event.next;
    }
    return { position, tries: 0, nextAt: null };
  }

  /** Calls the hook. @returns null: it has taken the event */
  async #refusalOf<Position>(
    { url, secrets }: HookTarget,
    { id, type, at }: HookEvent<Position>,
    data: object,
  ): Promise<Refusal | null> {
    const body = JSON.stringify({ type, timestamp: isoTime(at), data });
    const { status, error } = await this.#caller.call(
      url,
      signedHeaders(id, Date.now(), body, secrets),
      body,
    );
    if (status !== null && status >= 200 && status < 300) return null;
    return { status, error };
  }

  async #taken(target: HookTarget, failures: number): Promise<void> {
    const now = Date.now();
    if (failures > 0) await this.#note(() => this.#directory.recovered(target.id, this.#subject));
    if (now - target.healthyAt < this.#timing.noteHealthMs) return;
    target.healthyAt = now;
    await this.#note(() => this.#directory.succeeded(target.id, now));
  }

  /** @returns when to try again (ms since 1970); null: never, the hook has ended or is disabled */
  async #failed<Position>(
    target: HookTarget,
    { id, type }: HookEvent<Position>,
    { status, error }: Refusal,
    tries: number,
  ): Promise<number | null> {
    const failedAt = Date.now();
    const nextAt = failedAt + pauseAfter(tries, this.#timing);
    const failed = { ...{ id, type, tries, status, error, failedAt, nextAt } };
    log("warn", "hook_failed", { hook: target.id, delivery: id, status, tries, detail: error });
    let since = failedAt;
    await this.#note(async () => {
      since = await this.#directory.failed(target.id, this.#subject, failed);
    });
    // A hook without an event for long has not failed so long.
    const failingMs = failedAt - Math.max(target.healthyAt, since);
    const end = status === GONE ? "gone" : failingMs >= this.#timing.disableAfterMs ? "disabled" : null;
    if (end === null) return nextAt;
    await this.#directory.end(target.id, end);
    log("error", "hook_ended", { hook: target.id, state: end });
    return null;
  }

  /** What is noted for people holds up no event. */
  async #note(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      log("warn", "hook_not_noted", errorFields(error));
    }
  }
}

/** Why an event was not taken. `status` null: there was no answer. */
interface Refusal {
  status: number | null;
  error: string;
}
