import { isTemporary, Problem } from "../api/problem.ts";
import type { Keeper } from "../cache/keeper.ts";
import type { Source } from "../connection/link.ts";
import type { Sockets } from "../connection/sockets.ts";
import type { Conversations } from "../list/conversations.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Frame, Message } from "../types.ts";
import type { Loader } from "./loader.ts";
import { Timeline } from "./timeline.ts";

/** The server takes this many conversations in a `sync`. */
const MAX_POINTS = 100;
/** A conversation that is this many pages behind is loaded anew, from its newest messages. */
const MAX_PAGES = 5;
/** A `sync` that was refused for now is repeated after this time, in ms. */
const SYNC_PAUSE = 1_000;

/** What timelines work with, and whom they tell. */
export interface TimelinesOptions {
  readonly sockets: Sockets;
  readonly list: Conversations;
  readonly outbox: Outbox;
  readonly loader: Loader;
  readonly keeper: Keeper | undefined;
  /** a message of another user has come in a followed conversation: each once, in order */
  onMessage(message: Message): void;
  /**
   * A conversation has no position.
   * @param entry that of the list, which is needed beside the messages
   * @returns whether a window loads its newest messages, which give it one
   */
  onBegin(timeline: Timeline, entry: unknown): boolean;
  /** the position of a conversation is reached, or has begun anew: its messages can be loaded */
  onPosition(): void;
  /** a timeline has another position or other messages */
  onChange(timeline: Timeline): void;
}

/** The followed conversations: brings each from its position to the present, and keeps it there. */
export class Timelines {
  readonly #options: TimelinesOptions;
  readonly #timelines = new Map<number, Timeline>();
  /** the conversation on screen; 0: none */
  #focus = 0;

  constructor(options: TimelinesOptions) {
    this.#options = options;
  }

  get(id: number): Timeline | undefined {
    return this.#timelines.get(id);
  }

  /**
   * The timeline of a conversation, which is followed from now on.
   * @param from the `seq` where it begins, if it has no position yet; else its newest message
   */
  follow(id: number, from?: number): Timeline {
    const timeline =
      this.#timelines.get(id) ?? new Timeline(id, () => this.#options.outbox.items(id).length > 0);
    this.#timelines.set(id, timeline);
    timeline.followers++;
    if (timeline.phase === "none") void this.#begin(timeline, from);
    else if (timeline.phase === "dormant") this.#sync([timeline]);
    return timeline;
  }

  /** A timeline is not shown any more. Without followers it stays where it is. */
  unfollow(timeline: Timeline): void {
    if (--timeline.followers) return;
    if (timeline.id === this.#focus) this.focus(0);
    // Within a replay the socket brings nothing else of the conversation, and the list needs what comes: it
    // ends behind more messages and changes than there are.
    if (timeline.phase === "behind") this.#sync([timeline], 1e15);
    if (timeline.phase !== "none") timeline.phase = "dormant";
    timeline.trim();
    // Nobody waits for the messages to appear.
    this.#options.outbox.shown(timeline.id, Infinity);
  }

  /** The user looks at a conversation, which comes by its own socket then. 0: at none. */
  focus(id: number): void {
    if (id === this.#focus) return;
    this.#focus = id;
    const { sockets, outbox, loader } = this.#options;
    const left = this.#timelines.get(sockets.room);
    if (left) {
      sockets.closeRoom();
      sockets.send({ type: "focus", conversation_id: null });
      outbox.resume(left.id);
      if (left.phase !== "none") {
        this.#sync([left]);
        // Reads of other devices that came on no socket.
        loader.lookUpSoon(left.id);
      }
    }
    this.#askFocus();
  }

  /** Goes on where each timeline stands, on a new device socket. In its first frames. */
  resume(): void {
    const { sockets } = this.#options;
    const { room } = sockets;
    const all = [...this.#timelines.values()].filter(({ id }) => id !== room);
    for (const timeline of all) timeline.syncs = 0;
    // The room socket goes on meanwhile.
    if (room) sockets.send({ type: "focus", conversation_id: room });
    this.#sync(all.filter(({ followers, phase }) => followers && phase !== "none"));
  }

  /** Begins to follow what had no position: the cache is read, or the list has come, or a part of it. */
  beginAll(): void {
    for (const timeline of this.#timelines.values())
      if (timeline.phase === "none" && timeline.followers) void this.#begin(timeline);
  }

  /** A message has come. */
  message(message: Message, source: Source): void {
    const { conversation_id: id, seq } = message;
    const timeline = this.#timelines.get(id);
    // A late ack fills its place also where nobody looks.
    if (timeline && (timeline.followers || seq <= timeline.seq)) timeline.add(message);
    this.advance(timeline, seq, 0, source);
  }

  /**
   * Takes messages, which may be a part of those of a busy room.
   * @param take takes each of them, and moves the position
   */
  taken(sampled: Frame<"messages">["sampled"], source: Source, take: () => void): void {
    const timeline = source === "room" && sampled && this.#timelines.get(this.#options.sockets.room);
    // A page that is under way brings them all.
    if (timeline && timeline.phase === "live") timeline.skip(sampled.after, sampled.last_seq);
    take();
    if (timeline) this.advance(timeline, sampled.last_seq, 0, source);
  }

  synced({ conversation_id: id, last_seq, rev, has_more: hasMore }: Frame<"synced">, source: Source): void {
    const timeline = this.#timelines.get(id);
    if (!timeline || source !== this.#options.sockets.sourceOf(id)) return;
    // Another page is under way, which begins where this one began.
    if (source === "device" && --timeline.syncs > 0) return;
    if (timeline.phase === "dormant" || timeline.phase === "none") return;
    this.#move(timeline, last_seq, rev);
    if (!hasMore) this.#reached(timeline);
    else if (++timeline.pages >= MAX_PAGES && !timeline.isKept && source === "device")
      void this.#begin(timeline);
    else this.#sync([timeline]);
  }

  /** More has changed than is replayed: it begins anew. */
  reset({ conversation_id: id, last_seq, rev }: Frame<"reset">): void {
    const timeline = this.#timelines.get(id);
    if (!timeline) return;
    timeline.reset(last_seq, rev);
    this.#move(timeline, last_seq, rev);
    if (timeline.phase === "behind") this.#reached(timeline);
  }

  /** The device socket brings no messages of a crowded group from now on. */
  activity(id: number): void {
    const timeline = this.#timelines.get(id);
    if (timeline?.phase === "live" && this.#options.sockets.room !== id) this.#sync([timeline]);
  }

  /** The device socket leaves a conversation to its room socket. */
  focused(id: number): void {
    const timeline = this.#timelines.get(id);
    if (!timeline || id === this.#options.sockets.room) return;
    if (id === this.#focus && timeline.phase === "live") {
      timeline.phase = "behind";
      this.#options.sockets.openRoom(timeline);
    } else {
      // Until a sync the device socket would bring nothing of it, not for the list either.
      this.#sync([timeline]);
      if (!timeline.followers) timeline.phase = "dormant";
    }
  }

  /** A frame about a conversation was refused. */
  refused(id: number, code: string): void {
    const timeline = this.#timelines.get(id);
    if (!timeline) return;
    timeline.syncs = 0;
    if (timeline.phase !== "behind") return;
    // One page too many does no harm.
    if (isTemporary(code))
      setTimeout(() => timeline.phase === "behind" && this.#sync([timeline]), SYNC_PAUSE);
    else this.end(id);
  }

  /** The user is not in a conversation, or not any more. */
  end(id: number): void {
    const timeline = this.#timelines.get(id);
    if (timeline) {
      timeline.phase = "none";
      timeline.problem = new Problem(404, { code: "not_found" });
    }
    if (id === this.#focus) this.focus(0);
    this.#options.list.remove(id);
  }

  /** The newest messages have come, up to a position. */
  begun(timeline: Timeline, seq: number, rev: number): void {
    timeline.reset(seq, rev);
    this.#sync([timeline]);
  }

  /** Gives a timeline its first position, or a new one: the newest messages come over HTTP beside or then. */
  async #begin(timeline: Timeline, from?: number): Promise<void> {
    const { list, sockets, loader, onBegin } = this.#options;
    const { phase } = timeline;
    if (phase === "none" && (await this.#options.keeper?.restoreTimeline(timeline))) {
      if (timeline.followers) this.#sync([timeline]);
      return;
    }
    // The newest messages are on their way.
    if (phase === "none" && timeline.loads) return;
    const known = phase === "none" && list.get(timeline.id);
    const isFirst = phase === "none" && !timeline.hasFailed && !timeline.problem;
    // Without a connection the list comes first.
    if (!known && !isFirst && (timeline.problem || !sockets.isReady)) return;
    const asked = known || loader.lookUp(timeline.id);
    if (isFirst && from === undefined && onBegin(timeline, asked)) return;
    const found = await asked;
    if (timeline.phase !== phase || !timeline.followers) return;
    if (found) {
      timeline.problem = undefined;
      timeline.reset(from ?? found.last_seq, -1);
      this.#sync([timeline]);
    } else if (found === null) this.end(timeline.id);
    else setTimeout(() => this.#begin(timeline), SYNC_PAUSE);
  }

  /**
   * Asks for what timelines miss: behind it they are live.
   * @param skipped how many messages and changes not to ask for
   */
  #sync(timelines: readonly Timeline[], skipped = 0): void {
    const { sockets } = this.#options;
    const items = timelines.flatMap((timeline) => {
      const { seq, rev, id: conversation_id } = timeline;
      const point = { conversation_id, after: seq + skipped, ...(rev >= 0 && { rev: rev + skipped }) };
      timeline.phase = "behind";
      if (conversation_id !== sockets.room) {
        if (sockets.isReady) timeline.syncs++;
        return [point];
      }
      sockets.send({ type: "sync", ...point }, conversation_id);
      return [];
    });
    for (let i = 0; i < items.length; i += MAX_POINTS)
      sockets.send({ type: "sync", items: items.slice(i, i + MAX_POINTS) });
  }

  #reached(timeline: Timeline): void {
    timeline.phase = "live";
    timeline.pages = 0;
    this.#options.onPosition();
    this.#askFocus();
  }

  /** A frame brings a timeline further, if it is live on that socket. */
  advance(timeline: Timeline | undefined, seq: number, rev: number, source: Source): void {
    if (timeline?.phase === "live" && source === this.#options.sockets.sourceOf(timeline.id))
      this.#move(timeline, seq, rev);
  }

  #move(timeline: Timeline, seq: number, rev: number): void {
    // The user's own may come behind those of others, once their acks are here.
    for (const message of timeline.advance(seq, rev))
      if (message.sender.id !== this.#options.list.me) this.#options.onMessage(message);
    this.#options.outbox.shown(timeline.id, timeline.seq);
    timeline.trim();
    this.#options.onChange(timeline);
  }

  /** Asks the device socket to leave the conversation on screen to its room socket. */
  #askFocus(): void {
    const { sockets } = this.#options;
    const timeline = this.#timelines.get(this.#focus);
    if (timeline?.phase === "live" && !sockets.room)
      sockets.send({ type: "focus", conversation_id: timeline.id });
  }
}
