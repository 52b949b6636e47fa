import { firstTapIdAt, type Tap, type TapId } from "../../domain/bots/tap.ts";
import { type IncomingHookId, Position, type UserId } from "../../domain/ids.ts";
import type { ConversationDirectory, HookCaller, HookDirectory } from "../../domain/ports.ts";
import { type HookId, type HookStart, isAbout } from "../../domain/server/hook.ts";
import type { HookFormat } from "../../domain/server/hook-format.ts";
import type { Timing } from "../../domain/timing.ts";
import { HookDeliveries } from "../../object/hooks/deliveries.ts";
import { ExternalIds } from "../../object/hooks/external-ids.ts";
import type { RoomStores } from "../room/context.ts";
import type { KnownRules } from "../sending/known-rules.ts";
import { SendingGate } from "../sending/sending-gate.ts";
import { HookFeed } from "./hook-feed.ts";
import { type HookPosition, HookPositions, type KnownHook, markBefore, marksAt } from "./hook-positions.ts";
import { HookTaps } from "./hook-taps.ts";

/** What hooks need of the room and of outside. */
interface HooksDeps {
  room: Pick<RoomStores, "state" | "log" | "members" | "renderer" | "incomingHooks">;
  directory: HookDirectory;
  caller: HookCaller;
  format: HookFormat;
  rules: KnownRules;
  hold: ConversationDirectory["hold"];
  timing: Pick<Timing, "hooks" | "taps">;
  /** has `run` called at a time (ms since 1970) */
  schedule(id: HookId, due: number): void;
}

/** Tells the hooks of a team's backend of what happens in the conversation. Without hooks nothing is read. */
export class ConversationHooks {
  readonly #deps: HooksDeps;
  readonly #positions: HookPositions;
  readonly #feed: HookFeed;
  readonly #taps: HookTaps;
  readonly #deliveries: HookDeliveries;
  readonly #externalIds: ExternalIds;
  /** checks a message before it is stored, by rules and by the hook that has a say */
  readonly gate: SendingGate;
  /** those whose job is scheduled: further changes need no other */
  readonly #scheduled = new Set<HookId>();

  constructor(sql: SqlStorage, deps: HooksDeps) {
    const { room, directory, caller, format, rules, hold, timing } = deps;
    this.#deps = deps;
    this.#positions = new HookPositions(sql);
    this.#taps = new HookTaps(sql, timing.taps);
    this.#feed = new HookFeed(sql, room, format, this.#taps);
    const externalIds = new ExternalIds(directory, () => room.state.profile.kind === "direct");
    this.#externalIds = externalIds;
    const gateDeps = {
      ...{ directory, caller, format, externalIds, rules, hold, keepMs: timing.hooks.keepMs },
      makerOf: (hook: IncomingHookId) => room.incomingHooks.find(hook)?.createdBy,
    };
    this.gate = new SendingGate(
      this.#positions,
      gateDeps,
      (id) => room.renderer.person(id),
      () => room.state.profile.spaceId,
    );
    this.#deliveries = new HookDeliveries(`c${room.state.id}`, directory, caller, externalIds, timing.hooks);
  }

  /** Has the hooks told of a tap on a button of a bot. Without hooks nothing is stored. */
  tapped(tap: Tap, botId: UserId): void {
    const isTold = [...this.#positions.all()].some(({ isGate, isPaused }) => !isGate && !isPaused);
    if (!isTold) return;
    this.#taps.add(tap, botId);
    this.changed();
  }

  /** Call it after a change, in the turn of the write: the job is then part of the same commit. */
  changed(): void {
    for (const hook of this.#positions.all())
      if (!hook.isGate && !hook.isPaused && hook.tries === 0 && this.#feed.isBehind(hook))
        this.#schedule(hook.id, Date.now());
  }

  /**
   * Leaves out what an import has stored: a hook that was told of everything up to there goes on behind it.
   * The feed leaves new messages of imports out for one that is behind. Call it in the turn of the commit.
   */
  skip(before: { seq: Position; rev: number }): void {
    const { log, state } = this.#deps.room;
    for (const hook of this.#positions.all())
      if (hook.seq === before.seq && hook.rev === before.rev)
        this.#positions.store({ ...hook, seq: log.last.seq, rev: state.rev });
  }

  /** Has a hook told of what comes from a time on, or of all of it anew. Idempotent. */
  cover({ id, since, isReplay, isGate }: HookStart): void {
    const known = this.#positions.get(id);
    // It is told already. A run that is under way stays valid.
    if (known && !isReplay && !known.isPaused && known.tries === 0) return;
    const hook = known ?? { id, ...this.#feed.end, tries: 0, isPaused: false, isGate, marks: [] };
    const start = known && !isReplay ? known : this.#startOf(hook, since);
    const next = { ...start, tries: 0, isPaused: false };
    this.#positions.store({ ...next, marks: marksAt(next, Date.now()) });
    this.#schedule(id, Date.now());
  }

  /**
   * A hook at the place where it is told of what came since a time (ms), or where it is if that is earlier.
   */
  #startOf(hook: KnownHook, since: number): KnownHook {
    const { log, state } = this.#deps.room;
    const { rev, version } = markBefore(hook, since);
    const tap: TapId = firstTapIdAt(since);
    return {
      ...hook,
      seq: Position.parse(Math.min(hook.seq, log.lastUntil(since - 1))),
      rev: Math.min(rev, hook.rev),
      version: Math.min(version, hook.version),
      tap: hook.tap < tap ? hook.tap : tap,
      isNew: hook.isNew || state.profile.createdAt >= since,
    };
  }

  /**
   * Delivers the next events to a hook. For the alarm.
   * @returns when to go on (ms since 1970), or null: nothing is left
   */
  async run(id: HookId): Promise<number | null> {
    try {
      return await this.#deliver(id);
    } finally {
      // Only now: a change while the hook is called would have it called again without a pause.
      this.#scheduled.delete(id);
    }
  }

  async #deliver(id: HookId): Promise<number | null> {
    const target = await this.#deps.directory.hook(id);
    this.#feed.externalId = await this.#externalIds.ofConversation(this.#deps.room.state.id);
    const hook = this.#positions.get(id);
    if (!hook) return null;
    if (!target || !isAbout(target, this.#deps.room.state.id)) {
      this.#positions.delete(id);
      return null;
    }
    if (hook.isGate) return null;
    if (target.state !== "active") return this.#pause(hook);
    const events = this.#feed.after(hook);
    // Without an event the hook is at the end: what it lacks has expired, or concerns no hook, as a hide.
    const start = events.length === 0 ? { ...this.#feed.end, isNew: hook.isNew } : hook;
    const { position, tries, nextAt } = await this.#deliveries.run<HookPosition>(
      target,
      start,
      events,
      hook.tries,
    );
    // A replay has begun meanwhile.
    if (this.#positions.get(id) !== hook) return Date.now();
    const { seq, rev, version, isNew, tap } = position;
    const next = { ...hook, seq, rev, version, isNew, tap, tries, isPaused: tries > 0 && nextAt === null };
    this.#positions.store({ ...next, marks: marksAt(next, Date.now()) });
    if (tries > 0) return nextAt;
    return this.#feed.isBehind(next) ? Date.now() : null;
  }

  #pause(hook: KnownHook): null {
    this.#positions.store({ ...hook, isPaused: true });
    return null;
  }

  #schedule(id: HookId, due: number): void {
    if (this.#scheduled.has(id)) return;
    this.#deps.schedule(id, due);
    this.#scheduled.add(id);
  }
}
