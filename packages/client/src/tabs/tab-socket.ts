import type { Api } from "../api/api.ts";
import type { ClientSocket } from "../connection/link.ts";
import { Feed } from "./feed.ts";
import { Hub } from "./hub.ts";

/** A leader whose socket is lost keeps the lock for this time, in ms: the others hear of it before. */
const FAREWELL = 100;

/** How a tab shares a socket. */
export interface TabSocketOptions {
  /** of the lock and the channel */
  readonly name: string;
  /** a leader without an answer after this time is frozen, in ms */
  readonly patience: number;
  readonly api: Api;
  /** opens the real socket */
  open(): WebSocket;
}

/** What a tab says to the leader. */
interface Call {
  readonly from: string;
  /** the leader that the tab knows; "": none */
  readonly to: string;
  /** a frame; "": the tab asks who leads */
  readonly frame: string;
}

/** What a leader says: to one tab, or to all. */
interface Word {
  readonly leader: string;
  readonly to?: string;
  /** the leader has just become one */
  readonly begins?: true;
  /** a frame of the server */
  readonly frame?: string;
  /** the socket of the leader is lost */
  readonly code?: number;
}

/**
 * The socket of one tab, without a connection of its own: the tab that holds a lock leads, and passes frames
 * between its real socket and all tabs. When a leader ends, the next tab that waits for the lock leads, and
 * the `ready` of its socket makes each client go on from its positions.
 */
export class TabSocket implements ClientSocket {
  onmessage: ClientSocket["onmessage"] = null;
  onclose: ClientSocket["onclose"] = null;
  readonly #options: TabSocketOptions;
  readonly #id = `${Math.random()}`;
  readonly #channel: BroadcastChannel;
  readonly #waiting = new AbortController();
  readonly #feed: Feed;
  /** whose words count; "": nobody's yet */
  #leader = "";
  /** only while this tab leads */
  #hub: Hub | undefined;
  #release: (() => void) | undefined;
  /** the leader has not answered yet */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(options: TabSocketOptions) {
    const { name, api } = options;
    this.#options = options;
    this.#feed = new Feed(api, (data) => this.onmessage?.(new MessageEvent("message", { data })));
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Call | Word>) =>
      "leader" in data ? this.#hear(data) : this.#answer(data);
    this.#request({ signal: this.#waiting.signal });
    this.#call("");
  }

  send(text: string): void {
    if (!this.#feed.send(text)) return;
    if (this.#hub) this.#hub.take(text);
    else this.#call(text);
  }

  /** @param farewell keeps the lock for this time, in ms */
  close(farewell = 0): void {
    this.#isOver = true;
    this.#waiting.abort();
    clearTimeout(this.#timer);
    this.#feed.close();
    this.#hub?.close();
    this.#channel.close();
    setTimeout(() => this.#release?.(), farewell);
  }

  #end(code: number, farewell = 0): void {
    if (this.#isOver) return;
    this.close(farewell);
    this.onclose?.(new CloseEvent("close", { code }));
  }

  /** Waits for the lock, or takes it from a leader that does not answer. */
  #request(options: LockOptions): void {
    let isHeld = false;
    const held = navigator.locks.request(this.#options.name, options, () => {
      isHeld = !this.#isOver;
      return isHeld ? this.#lead() : undefined;
    });
    // Another tab has taken it; or this one waits no more.
    held.catch(() => isHeld && this.#end(1006));
  }

  /** @returns ends when this tab leads no more */
  #lead(): Promise<void> {
    const { api, open } = this.#options;
    clearTimeout(this.#timer);
    this.#leader = this.#id;
    this.#say({ begins: true });
    this.#hub = new Hub(open(), {
      api,
      onFrame: (frame, isPrivate) => {
        if (this.#isOver) return;
        if (!isPrivate) this.#say({ frame });
        this.#feed.take(frame);
      },
      onClose: (code) => {
        if (this.#isOver) return;
        // Each tab asks by a token of its own.
        if (code !== 4001) this.#say({ code });
        this.#end(code, FAREWELL);
      },
    });
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  #say(word: Omit<Word, "leader">): void {
    this.#channel.postMessage({ leader: this.#id, ...word } satisfies Word);
  }

  #call(frame: string): void {
    this.#channel.postMessage({ from: this.#id, to: this.#leader, frame } satisfies Call);
    this.#timer ??= setTimeout(() => {
      this.#waiting.abort();
      this.#request({ steal: true });
    }, this.#options.patience);
  }

  #answer({ from, to, frame }: Call): void {
    if (!this.#hub || (to && to !== this.#id)) return;
    const { ready } = this.#hub;
    this.#say({ to: from, ...(!frame && { frame: ready }) });
    if (frame) this.#hub.take(frame);
  }

  #hear({ leader, to, begins, frame, code }: Word): void {
    if (to && to !== this.#id) return;
    // What a leader says that has thawed is for nobody.
    if (begins || (to && !this.#leader)) this.#leader = leader;
    if (leader !== this.#leader) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (code || (begins && this.#hub)) this.#end(code ?? 1006);
    else if (frame) this.#feed.take(frame);
  }
}
