import type { Api } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";
import type { Conversations } from "../list/conversations.ts";
import type { Signals } from "../list/signals.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Engine } from "../sync/engine.ts";
import type { Stream } from "../sync/stream.ts";
import type { Timeline } from "../sync/timeline.ts";
import type { Timelines } from "../sync/timelines.ts";
import type { Message, NewMessage } from "../types.ts";
import type { WindowView } from "./view.ts";

/** A window loads this many messages at a time. */
const PAGE = 50;
/**
 * A window keeps this many messages at least: a commit of the server has no more, so that what the user has
 * sent finds its place behind those that came before its ack.
 */
const KEPT = 1_000;

/** What a window works with. */
export interface WindowContext {
  readonly api: Api;
  readonly list: Pick<Conversations, "now" | "learn" | "tellAgain">;
  readonly outbox: Pick<Outbox, "items">;
  readonly engine: Pick<Engine, "stored"> & {
    readonly timelines: Pick<Timelines, "follow" | "unfollow" | "focus" | "begun" | "beginAll">;
    readonly signals: Pick<Signals, "read" | "typing">;
  };
  /** the windows that are open */
  readonly windows: Set<ConversationWindow>;
  changed(): void;
  send(id: number, message: NewMessage, file?: Blob): string;
}

interface Page {
  items: Message[];
  has_more: boolean;
  last_seq?: number | undefined;
  rev?: number | undefined;
}

/** Where a page begins and ends: every message of the stream between is in it. */
type Extent = [from: number, to: number];

/** The messages of a conversation, or of a thread, that are on screen or could be. It grows both ways. */
export class ConversationWindow {
  readonly #context: WindowContext;
  /** the root of the thread that it shows; undefined: it shows the conversation itself */
  readonly thread: number | undefined;
  readonly #timeline: Timeline;
  readonly #stream: Stream;
  /** a place in the run of messages that it shows; Infinity: the newest messages */
  #anchor = Infinity;
  #loads = 0;
  #problem: Problem | undefined;
  #view: WindowView | undefined;
  /** what the view was made of */
  #seen: unknown[] = [];

  /** Opens a window. @see Chat.open */
  constructor(context: WindowContext, id: number, thread: number | undefined) {
    this.#context = context;
    this.#timeline = context.engine.timelines.follow(id);
    this.thread = thread;
    this.#stream = this.#timeline.stream(thread);
    context.windows.add(this);
    void this.fill();
  }

  get conversationId(): number {
    return this.#timeline.id;
  }

  /** What it shows now: the same object as before, unless something in it has changed. */
  get view(): WindowView {
    const stream = this.#stream;
    const timeline = this.#timeline;
    const items = this.#context.outbox.items(timeline.id);
    const problem = timeline.problem ?? this.#problem;
    const isLoading = !problem && (this.#loads > 0 || timeline.phase !== "live");
    const seen = [stream.version, timeline.seq, this.#anchor, items, isLoading, problem];
    if (!this.#view || seen.some((one, i) => one !== this.#seen[i])) {
      this.#seen = seen;
      const { from, to } = stream.runAt(this.#anchor) ?? { from: Infinity, to: this.#anchor };
      this.#view = {
        messages: stream.slice(from, Math.min(to, timeline.seq)),
        pending: to === Infinity ? items.filter(({ message: { thread } }) => this.#has(thread)) : [],
        gaps: stream.gapsIn(from, Math.min(to, timeline.seq)),
        hasOlder: from > 0,
        hasNewer: to < Infinity,
        isLoading,
        problem,
      };
    }
    return this.#view;
  }

  /** Loads older messages. */
  async older(): Promise<void> {
    const from = this.#run?.from;
    if (from) await this.#load({ before: from }, (page) => [page.has_more ? first(page) : 0, from - 1]);
    else await this.fill();
  }

  /** Loads newer messages, after a jump. */
  async newer(): Promise<void> {
    const to = this.#run?.to ?? Infinity;
    if (to < Infinity) await this.#load({ after: to }, (page) => [to + 1, last(page)]);
  }

  /**
   * Loads what was left out of a gap, the newest messages first: all of it takes several calls. Call it when
   * the user asks for it, or scrolls there.
   * @param seq the messages up to here, in the newest gap before; absent: all
   */
  async rest(seq = Infinity): Promise<void> {
    const gap = this.view.gaps.findLast(({ from }) => from <= seq);
    if (!gap) return;
    const to = Math.min(gap.to, seq);
    await this.#load({ before: to + 1 }, (page) => [page.has_more ? first(page) : 0, to]);
  }

  /** Shows the messages around one, by its `seq`. Infinity: the newest ones. */
  jump(seq: number): Promise<void> {
    this.#anchor = seq;
    this.#context.changed();
    return this.fill();
  }

  /**
   * Sends a message. It is among `pending` at once, and goes as soon as there is a connection.
   * @param file uploaded first; its address becomes the `url` of the body
   * @returns its `client_msg_id`
   */
  send(message: NewMessage, file?: Blob): string {
    const { thread: root } = this;
    const inThread = root && { thread: { root, also_in_main: false } };
    return this.#context.send(this.conversationId, { ...inThread, ...message }, file);
  }

  /** The user has read up to a message; if none is named, all that is shown. Never goes back. */
  read(seq = this.view.messages.at(-1)?.seq ?? 0): void {
    this.#context.engine.signals.read(this.#timeline, seq);
  }

  /** The user is typing: call it at each key. */
  typing(): void {
    this.#context.engine.signals.typing(this.conversationId);
  }

  /** The user looks at this window: its conversation comes by a socket of its own, the quickest way. */
  focus(): void {
    this.#context.engine.timelines.focus(this.conversationId);
  }

  /** The user looks elsewhere. */
  blur(): void {
    this.#context.engine.timelines.focus(0);
  }

  /**
   * Forgets all but the newest 1,000 messages once there are 2,000, unless another window needs them: `older`
   * loads them again. Call it while the user is at the end: a busy room takes no more memory each hour then.
   */
  trim(): void {
    if (this.thread || this.#run?.to !== Infinity) return;
    // The user was led to a message before, and is at the end now.
    this.#anchor = Infinity;
    if (this.#timeline.trim(1, KEPT)) this.#context.changed();
  }

  /** Ends the window. */
  close(): void {
    if (this.#context.windows.delete(this)) this.#context.engine.timelines.unfollow(this.#timeline);
  }

  /** Loads what it shows, if nothing of it is there. The client calls it whenever that may be so. */
  async fill(): Promise<void> {
    const { phase, rev } = this.#timeline;
    const anchor = this.#anchor;
    const after = Math.max(0, anchor - PAGE / 2);
    // Before the first position a page could leave a gap behind it.
    if (phase === "none" || rev < 0 || this.#run || this.#loads) return;
    if (anchor < Infinity) await this.#load({ after }, (page) => [after && after + 1, last(page)]);
    else await this.#load({}, newest);
  }

  /**
   * Loads the newest messages of a conversation that has no position yet. The client calls it.
   * @param entry that of the list, which comes beside them
   * @returns whether they come, and give it one
   */
  begin(timeline: Timeline, entry: unknown): boolean {
    if (timeline !== this.#timeline || this.thread || this.#anchor < Infinity || timeline.hasFailed)
      return false;
    void this.#load({}, newest, entry);
    return true;
  }

  get #run() {
    return this.#stream.runAt(this.#anchor);
  }

  #has(thread: { root: number; also_in_main?: boolean } | undefined): boolean {
    return this.thread ? thread?.root === this.thread : thread?.also_in_main !== false;
  }

  /** Loads a page. `extent` says from where to where it goes, `entry` is waited for. */
  async #load(bound: object, extent: (page: Page) => Extent, entry?: unknown): Promise<void> {
    const { list, changed, engine } = this.#context;
    const { thread: root } = this;
    const timeline = this.#timeline;
    const { id, phase } = timeline;
    let { generation } = timeline;
    const anchor = this.#anchor;
    const asked = list.now();
    const query = { limit: PAGE, ...bound };
    timeline.loads++;
    this.#loads++;
    this.#problem = undefined;
    changed();
    const page: Page | undefined = await this.#context.api
      .call(
        "get",
        root ? "/v1/conversations/{id}/threads/{root}/messages" : "/v1/conversations/{id}/messages",
        { path: { id, root: root ?? 0 }, query },
        { retry: phase !== "none" },
      )
      .catch((problem: Problem) => {
        if (phase !== "none") this.#problem = problem;
        return undefined;
      });
    await entry;
    timeline.loads--;
    this.#loads--;
    // What is sent from now on is behind it.
    if (phase === "none" && timeline.followers && timeline.generation === generation) {
      if (page?.rev === undefined) timeline.hasFailed = true;
      else engine.timelines.begun(timeline, page.last_seq ?? 0, page.rev);
      generation = timeline.generation;
    }
    if (page && timeline.phase !== "none" && timeline.generation === generation) {
      for (const message of page.items) {
        timeline.add(message);
        list.learn(message.sender);
        engine.stored(message);
      }
      list.tellAgain(asked);
      const [from, to] = extent(page);
      if (from <= to) this.#stream.cover(from, to);
      // What was sent after a page of the newest messages is not in it.
      this.#stream.fill(from, to < Infinity ? to : Math.max(page.last_seq ?? 0, page.items.at(-1)?.seq ?? 0));
    }
    timeline.settle();
    changed();
    if (timeline.phase === "none") engine.timelines.beginAll();
    // It began anew, or the user has jumped elsewhere meanwhile.
    if (generation !== timeline.generation || anchor !== this.#anchor) void this.fill();
  }
}

function newest(page: Page): Extent {
  return [page.has_more ? first(page) : 0, Infinity];
}

function first({ items }: Page): number {
  return items[0]?.seq ?? 0;
}

/** The end of a page that goes forward; the last one goes on with what is sent later. */
function last({ items, has_more: hasMore }: Page): number {
  return hasMore ? (items.at(-1)?.seq ?? 0) : Infinity;
}
