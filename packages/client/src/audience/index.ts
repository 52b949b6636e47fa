import type { Chat } from "../chat.ts";
import { Link } from "../connection/link.ts";
import { listenForWake } from "../connection/wake.ts";
import { Timeline } from "../sync/timeline.ts";
import type { Conversation, Message, ServerFrame } from "../types.ts";
import { ConversationWindow } from "../window/conversation-window.ts";

/** The first pause before the socket is opened again, in ms. */
const PAUSE = 1_000;

/** A group, as it is answered to who looks at it. */
export type ViewedGroup = Extract<Conversation, { kind: "group" }>;

/**
 * The window of a viewer, who writes by `POST …/messages`. Nothing is unread to them: `read` does nothing.
 */
export type ViewerWindow = Omit<
  ConversationWindow,
  "thread" | "send" | "typing" | "focus" | "blur" | "begin"
>;

/**
 * An audience room at which a user looks without being a member. It is in no list, and the device socket
 * tells nothing of it: it has a socket of its own, until its window is closed.
 */
export class AudienceRoom {
  /** the messages. Closing it ends the looking */
  readonly window: ViewerWindow;
  readonly #timeline: Timeline;
  readonly #link: Link;
  readonly #changed: () => void;
  #conversation: ViewedGroup;
  #viewers: number;
  #isOver = false;

  /**
   * Begins to look.
   * @param chat makes the calls; it need not be started
   * @param conversation what `GET /v1/conversations/{id}` has answered
   * @param changed something that is shown has changed
   */
  constructor({ api }: Pick<Chat, "api">, conversation: ViewedGroup, changed: () => void) {
    const { id } = conversation;
    this.#conversation = conversation;
    this.#viewers = conversation.viewer_count ?? 0;
    this.#changed = changed;
    const timeline = new Timeline(id, () => false);
    this.#timeline = timeline;
    this.#link = new Link(
      {
        ...{ api, pause: PAUSE, socket: (url, protocols) => new WebSocket(url, protocols) },
        onFrame: (frame) => this.#take(frame),
        onLost: () => {
          timeline.phase = "behind";
          changed();
        },
        onEnd: () => {
          this.#isOver = true;
          changed();
        },
      },
      "room",
      () => `/v1/conversations/${id}/socket?after=${timeline.seq}&rev=${timeline.rev}`,
    );
    const endWake = listenForWake(() => this.#link.wake());
    const nothing = () => undefined;
    const pending: [] = [];
    const window = new ConversationWindow(
      {
        ...{ api, changed, windows: new Set(), send: () => "" },
        list: { now: () => 0, learn: nothing, tellAgain: nothing },
        outbox: { items: () => pending },
        engine: {
          ...{ stored: nothing, signals: { read: nothing, typing: nothing } },
          timelines: {
            follow: () => {
              timeline.followers = 1;
              return timeline;
            },
            unfollow: () => {
              timeline.followers = 0;
              this.#link.close();
              endWake();
            },
            focus: nothing,
            begun: (_, seq, rev) => this.#open(seq, rev),
            // The newest messages did not come: they are loaded again beside the socket.
            beginAll: () => this.#open(conversation.last_seq, 0),
          },
        },
      },
      id,
      undefined,
    );
    this.window = window;
    // `changed` may use the room, which the caller does not have yet.
    queueMicrotask(() => window.begin(timeline, undefined));
  }

  /** The room as it is now. */
  get conversation(): ViewedGroup {
    return this.#conversation;
  }

  /** How many users look. */
  get viewers(): number {
    return this.#viewers;
  }

  /** Whether the user may look no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Hears of what comes behind a position. */
  #open(seq: number, rev: number): void {
    const timeline = this.#timeline;
    if (timeline.followers === 0) return;
    timeline.reset(seq, rev);
    timeline.phase = "behind";
    void this.#link.open();
  }

  #take(frame: ServerFrame): void {
    const timeline = this.#timeline;
    switch (frame.type) {
      case "message":
        this.#came([frame.message]);
        break;
      case "messages":
        this.#came(frame.items, frame.sampled);
        break;
      case "changed":
        for (const message of frame.items) timeline.change(message);
        this.#advance(0, frame.rev);
        break;
      case "synced": {
        const { last_seq: after, rev, has_more: hasMore } = frame;
        timeline.advance(after, rev);
        if (hasMore) this.#link.send(JSON.stringify({ type: "sync", after, rev }));
        else this.#reached();
        break;
      }
      case "reset":
        timeline.reset(frame.last_seq, frame.rev);
        this.#reached();
        break;
      case "viewers":
        this.#viewers = frame.count;
        break;
      case "conversation":
        if (frame.conversation.kind === "group") this.#conversation = frame.conversation;
        break;
    }
    this.#changed();
  }

  /** @param sampled of which the messages are a part */
  #came(messages: readonly Message[], sampled?: { after: number; last_seq: number }): void {
    const timeline = this.#timeline;
    // A page that is under way brings them all.
    if (sampled && timeline.phase === "live") timeline.skip(sampled.after, sampled.last_seq);
    for (const message of messages) timeline.add(message);
    this.#advance(sampled?.last_seq ?? messages.at(-1)?.seq ?? 0, 0);
  }

  #advance(seq: number, rev: number): void {
    if (this.#timeline.phase === "live") this.#timeline.advance(seq, rev);
  }

  #reached(): void {
    this.#timeline.phase = "live";
    void this.window.fill();
  }
}
