import { Api, type GetToken } from "./api/api.ts";
import type { Keeper } from "./cache/keeper.ts";
import type { OpenSocket } from "./connection/link.ts";
import { listenForWake } from "./connection/wake.ts";
import { Conversations } from "./list/conversations.ts";
import { newId } from "./new-id.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Uploader } from "./outbox/uploader.ts";
import { ChatState } from "./store/chat-state.ts";
import { listen, Store } from "./store/store.ts";
import { Engine } from "./sync/engine.ts";
import type { Conversation, Message, NewMessage, ServerFrame } from "./types.ts";
import { ConversationWindow, type WindowContext } from "./window/conversation-window.ts";

/** How a client is set up. */
export interface ChatOptions {
  /** the address of the server, without a path */
  url: string;
  /** the token of the session, or what gets one; asked again with the token that the server has refused */
  token: string | GetToken;
  /** keeps the state between two starts, as `parley-client/cache` does */
  cache?: Keeper;
  /** opens the sockets; `shareSocket` of `parley-client/tabs` opens one for all tabs */
  socket?: OpenSocket;
  /** uploads the files of messages, as `parley-client/uploads` does */
  uploads?: Uploader;
  /**
   * Whether to follow a conversation that no window shows: all messages of other users there then come to
   * `onMessage`, those of the time without a connection too. A number: those behind this `seq`; `true`: those
   * behind the newest one of now. For bots. Asked for each conversation of the list, and for each new one.
   */
  keeps?: (conversation: Conversation) => boolean | number;
  /** the first pause before a socket is opened or a call is made again, in ms; 1,000 if absent */
  pause?: number;
}

/** A client of one user. */
export class Chat {
  readonly #outbox: Outbox;
  readonly #engine: Engine;
  readonly #store: Store<ChatState>;
  readonly #cache: Keeper | undefined;
  readonly #context: WindowContext & { readonly list: Conversations };
  readonly #messageListeners = new Set<(message: Message) => void>();
  readonly #frameListeners = new Set<(frame: ServerFrame) => void>();
  #endWake: (() => void) | undefined;

  constructor({
    url,
    token,
    cache,
    socket = (url, protocols) => new WebSocket(url, protocols),
    uploads,
    keeps = () => false,
    pause = 1_000,
  }: ChatOptions) {
    const changed = () => this.#store.changed();
    const api = new Api(url.replace(/\/$/, ""), typeof token === "string" ? () => token : token, pause);
    const list = new Conversations(changed);
    const outbox = new Outbox({
      pause,
      transmit: (id, items) => engine.sockets.send({ type: "sends", items }, id),
      onChange: (clientMsgId, item) => {
        cache?.outboxChanged(clientMsgId, item);
        uploads?.outboxChanged(clientMsgId, item, (fields) => outbox.change(clientMsgId, fields), api);
        changed();
      },
    });
    this.api = api;
    this.#cache = cache;
    this.#outbox = outbox;
    const engine = new Engine({
      ...{ api, list, outbox, pause, keeps, changed, keeper: cache, socket },
      onMessage: (message) => tell(this.#messageListeners, message),
      onFrame: (frame) => tell(this.#frameListeners, frame),
      onBegin: (timeline, entry) =>
        [...this.#context.windows].some((window) => window.begin(timeline, entry)),
      onPosition: () => {
        for (const window of this.#context.windows) void window.fill();
      },
      onChange: (timeline) => cache?.timelineChanged(timeline),
    });
    this.#engine = engine;
    this.#context = {
      ...{ api, list, outbox, engine, changed, windows: new Set() },
      send: (id, message, file) => this.send(id, message, file),
    };
    this.#store = new Store(new ChatState(list, outbox, engine), () => cache?.listChanged());
  }

  /** What the client shows now. */
  get state(): ChatState {
    return this.#store.state;
  }

  /**
   * Calls `listener` whenever what `select` returns is another value, once for all that comes in one turn.
   * @returns ends the subscription
   */
  subscribe<T>(select: (state: ChatState) => T, listener: (value: T, previous: T) => void): () => void {
    return this.#store.subscribe(select, listener);
  }

  /** Shows what the cache has, and connects. Ends when the cache is read. */
  async start(): Promise<void> {
    await this.#cache?.restore(this.#context.list, this.#outbox);
    this.#endWake = listenForWake(() => this.#engine.sockets.wake());
    this.#engine.start();
  }

  /**
   * Ends the connection. What is shown stays, and so does what waits to be sent. Ends when the cache is
   * written.
   */
  async stop(): Promise<void> {
    this.#endWake?.();
    this.#engine.stop();
    await this.#cache?.flush();
  }

  /** Takes what the server tells all sessions but the one that caused it. For entries of this package. */
  take(frame: ServerFrame): void {
    this.#engine.take(frame, "device");
  }

  /** Makes calls of API v1 in the name of the user. */
  readonly api: Api;

  /** Loads the list anew: after a call that no frame tells of, such as `POST /v1/me/repair`. */
  refresh(): void {
    this.#engine.refresh();
  }

  /**
   * Opens a window at the newest messages of a conversation. Close it when nobody looks at it any more.
   * @param thread the root of the thread to show instead
   */
  open(conversationId: number, { thread }: { thread?: number } = {}): ConversationWindow {
    return new ConversationWindow(this.#context, conversationId, thread);
  }

  /**
   * Sends a message, as soon as there is a connection.
   * @param file uploaded first; its address becomes the `url` of the body
   * @returns its `client_msg_id`
   */
  send(conversation_id: number, message: NewMessage, file?: Blob): string {
    const client_msg_id = message.client_msg_id ?? newId();
    this.#outbox.add({
      client_msg_id,
      conversation_id,
      message,
      created_at: Date.now(),
      state: "queued",
      file,
    });
    return client_msg_id;
  }

  /** Sends a message that has failed once more. */
  retry(clientMsgId: string): void {
    this.#outbox.retry(clientMsgId);
  }

  /** Forgets a message that has failed, or was not sent yet. @returns false: it may be stored by now */
  discard(clientMsgId: string): boolean {
    return this.#outbox.discard(clientMsgId);
  }

  /** Ends when the server has answered everything that was sent. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!this.#outbox.isEmpty) return;
        end();
        resolve();
      };
      const end = this.subscribe(() => this.#outbox.isEmpty, check);
      check();
    });
  }

  /**
   * Hears of each message of other users in the conversations that are followed, once and in order.
   * @returns ends it
   */
  onMessage(listener: (message: Message) => void): () => void {
    return listen(this.#messageListeners, listener);
  }

  /** Hears of each frame of the server, such as `friend` and `reminder`. @returns ends it */
  onFrame(listener: (frame: ServerFrame) => void): () => void {
    return listen(this.#frameListeners, listener);
  }
}

function tell<T>(listeners: Iterable<(event: T) => void>, event: T): void {
  // A listener that throws must not end the work on a frame.
  for (const listener of listeners) queueMicrotask(() => listener(event));
}
