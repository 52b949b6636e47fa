import type { Problem } from "../api/problem.ts";
import type { LinkOptions, Source } from "../connection/link.ts";
import { Sockets } from "../connection/sockets.ts";
import type { Conversations } from "../list/conversations.ts";
import { Signals } from "../list/signals.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Conversation, Frame, Message, ServerFrame } from "../types.ts";
import { Loader } from "./loader.ts";
import { Timelines, type TimelinesOptions } from "./timelines.ts";

/**
 * How the client stands to the server. `signed_out`: the session has ended; `forbidden`: the server lets no
 * page of this origin connect.
 */
export type Connection = "offline" | "connecting" | "live" | "signed_out" | "forbidden";

/** What an engine works with, and whom it tells. */
export interface EngineOptions
  extends Pick<LinkOptions, "api" | "pause" | "socket">,
    Pick<TimelinesOptions, "keeper" | "onMessage" | "onBegin" | "onPosition" | "onChange"> {
  readonly list: Conversations;
  readonly outbox: Outbox;
  /** whether to follow a conversation that no window shows */
  keeps(conversation: Conversation): boolean | number;
  /** something that is shown has changed */
  changed(): void;
  /** a frame has come, and was taken */
  onFrame(frame: ServerFrame): void;
}

/** Takes the frames of the server: each to the list, the timelines and the outbox. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #loader: Loader;
  readonly sockets: Sockets;
  readonly timelines: Timelines;
  readonly signals: Signals;
  connection: Connection = "offline";

  constructor(options: EngineOptions) {
    const { api, list } = options;
    this.#options = options;
    this.#loader = new Loader(api, list, (found) => this.#listed(found));
    this.sockets = new Sockets({
      ...options,
      onFrame: (frame, source) => this.take(frame, source),
      onLost: (source) => this.#lost(source),
      onEnd: (source, reason) =>
        source === "device"
          ? this.#become(reason === "forbidden" ? reason : "signed_out")
          : this.timelines.focus(0),
    });
    this.timelines = new Timelines({ ...options, sockets: this.sockets, loader: this.#loader });
    this.signals = new Signals(this.sockets, list, this.#loader);
  }

  /** Connects, once the cache is read. */
  start(): void {
    // Windows that were opened before show what the cache has.
    this.#listed([]);
    this.#become("connecting");
    this.sockets.open();
  }

  /** Closes the sockets. What is shown stays. */
  stop(): void {
    this.sockets.close();
    this.#loader.stop();
    this.#options.outbox.suspend();
    this.#become("offline");
  }

  #become(connection: Connection): void {
    this.connection = connection;
    this.#options.changed();
  }

  #lost(source: Source): void {
    const timeline = this.timelines.get(this.sockets.room);
    if (source === "device") {
      this.#options.outbox.suspend();
      this.#become("connecting");
    } else if (timeline) {
      timeline.phase = "behind";
      // The device socket takes the sends meanwhile.
      this.#options.outbox.resume(timeline.id);
    }
  }

  /** Takes a frame of a socket. */
  take(frame: ServerFrame, source: Source): void {
    const { list, outbox, changed, onFrame } = this.#options;
    const { timelines } = this;
    // Some frames name no conversation. `type`: TypeScript wants one common field.
    const { conversation_id: id = 0 }: { type: string; conversation_id?: number | undefined } = frame;
    const timeline = timelines.get(id);
    switch (frame.type) {
      case "ready":
        if (source === "device") {
          list.me = frame.user_id;
          timelines.resume();
          outbox.resume();
          this.#become("live");
          this.refresh();
        } else {
          outbox.resume(this.sockets.room);
          // Reads of other devices that came on no socket.
          this.#loader.lookUpSoon(this.sockets.room);
        }
        break;
      case "message":
        this.#message(frame.message, source);
        break;
      case "messages":
        timelines.taken(frame.sampled, source, () => {
          for (const message of frame.items) this.#message(message, source);
        });
        break;
      case "ack":
        this.#ack(frame, source);
        break;
      case "acks":
        // The next sends go to the server while these acks are taken.
        for (const ack of frame.items) outbox.answered(ack.client_msg_id);
        for (const ack of frame.items) this.#ack(ack, source);
        break;
      case "synced":
        timelines.synced(frame, source);
        break;
      case "changed":
        for (const message of frame.items) {
          timeline?.change(message);
          list.change(message);
        }
        timelines.advance(timeline, 0, frame.rev, source);
        break;
      case "hidden":
        timeline?.hide(frame.seq);
        list.change({ ...frame, mentions: [] });
        timelines.advance(timeline, 0, frame.rev, source);
        // The list may show the message before it then.
        this.#loader.lookUpSoon(id);
        break;
      case "reset":
        timelines.reset(frame);
        break;
      case "activity":
        list.activity(frame);
        timelines.activity(id);
        break;
      case "focused":
        timelines.focused(id);
        break;
      case "held":
        // An accepted message comes by itself.
        if (frame.state === "refused") outbox.refused(frame.client_msg_id, frame.state);
        break;
      case "error":
        if (frame.client_msg_id) outbox.refused(frame.client_msg_id, frame.code, frame.reason);
        else timelines.refused(id, frame.code);
        break;
      case "read":
        list.read(frame);
        // Mentions behind the mark are unread again.
        if (frame.unread_from) this.refresh();
        break;
      case "thread_read":
        list.readThread(id, frame);
        break;
      case "typing":
        this.signals.typed(id, frame.user_id);
        break;
      case "conversation":
        list.take(frame.conversation);
        this.#listed([frame.conversation]);
        break;
      case "member":
        if (
          frame.event === "dissolved" ||
          (["left", "removed"].includes(frame.event) && frame.user_ids.includes(list.me))
        )
          timelines.end(id);
        // How many members there are is shown.
        else if (timeline?.followers) this.#loader.lookUpSoon(id);
        break;
      case "deleted":
        list.remove(id);
        timeline?.reset(timeline.seq, timeline.rev);
        this.#options.onPosition();
        break;
      default:
        list.tell(frame);
    }
    // A list that is under way may be older than the frame. What was deleted may be there again.
    if (id && !list.get(id)) this.#loader.lookUpSoon(id);
    onFrame(frame);
    changed();
  }

  /** Asks for the list. */
  refresh(): void {
    void this.#loader.list();
  }

  /** The list is there, or a conversation of it. */
  #listed(conversations: readonly Conversation[]): void {
    for (const conversation of conversations) {
      const { id, read_seq } = conversation;
      const seq = this.#options.list.readTo(id);
      // A read whose frame was lost.
      if (seq > read_seq) {
        this.sockets.send({ type: "read", conversation_id: id, seq });
        // The count is that of the older position.
        this.#loader.lookUpSoon(id);
      }
      const from = this.#options.keeps(conversation);
      if (from !== false && !this.timelines.get(id)?.isKept)
        this.timelines.follow(id, from === true ? undefined : from).isKept = true;
    }
    this.timelines.beginAll();
  }

  #message(message: Message, source: Source): void {
    const { conversation_id: id, thread } = message;
    // The server alone knows which threads the user follows, and what is unread there. A reply may read them.
    if (!this.#options.list.message(message) || thread) this.#loader.lookUpSoon(id);
    this.timelines.message(message, source);
    this.stored(message);
  }

  /** A message is stored: the user's own waits no more, once its conversation shows everything up to it. */
  stored({ conversation_id: id, sender, client_msg_id: clientMsgId = "", seq }: Message): void {
    const timeline = this.timelines.get(id);
    if (sender.id === this.#options.list.me)
      this.#options.outbox.stored(clientMsgId, seq, timeline?.followers ? timeline.seq : Infinity);
  }

  #ack(
    { client_msg_id: clientMsgId = "", conversation_id: id, seq, message }: Frame<"ack">,
    source: Source,
  ): void {
    if (message) this.#message(message, source);
    // The server leaves out large messages where it acknowledges many.
    else
      this.#options.api.call("get", "/v1/conversations/{id}/messages/{seq}", { path: { id, seq } }).then(
        (stored) => this.#message(stored, source),
        // The user has hidden it by now; else it is sent, and acknowledged, once more.
        ({ code }: Problem) =>
          code === "not_found"
            ? this.#options.outbox.stored(clientMsgId, seq, seq)
            : this.#options.outbox.change(clientMsgId, { state: "queued" }),
      );
  }
}
