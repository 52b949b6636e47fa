import { Chat } from "parley-client";
import { render } from "preact";
import { closest, showLocale } from "../i18n/i18n.ts";
import { ChatView } from "./chat-view.tsx";
import styles from "./embed.css";

/** The server that the script came from. */
const HOME = new URL(import.meta.url).origin;

// A sheet of this kind is no inline style, which the policy of a page may forbid.
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

/** A chat, and what it was opened for. */
interface Opened {
  readonly key: string;
  readonly chat: Chat;
}

/**
 * `<parley-chat conversation="…" token="…">`: one conversation, in a page of any origin.
 * docs/guides/embed.md describes its attributes, events and styles.
 */
class ParleyChat extends HTMLElement {
  static readonly observedAttributes = ["conversation", "token", "server", "lang"];
  readonly #root = this.attachShadow({ mode: "open" });
  #opened: Opened | undefined;
  #isDue = false;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback(): void {
    this.#change();
  }

  disconnectedCallback(): void {
    this.#close();
  }

  attributeChangedCallback(): void {
    this.#change();
  }

  /** Follows the attributes, once for all that change together. A wrong one is an error of the page. */
  #change(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      void this.#follow();
    });
  }

  async #follow(): Promise<void> {
    await showLocale(closest(this.lang || navigator.language));
    // The attributes of now: they may have changed, and the element may be gone.
    const given = this.getAttribute("conversation");
    const id = Number(given);
    const token = this.getAttribute("token");
    const server = this.getAttribute("server") ?? HOME;
    if (!this.isConnected || !token || !given) return this.#close();
    if (!Number.isSafeInteger(id) || id < 1) {
      this.#close();
      throw new TypeError(`<parley-chat>: conversation="${given}" is no id of a conversation`);
    }
    const key = JSON.stringify([server, token, id]);
    if (this.#opened?.key === key) return;
    this.#close();
    this.#opened = { key, chat: this.#open(server, token, id) };
  }

  #open(server: string, token: string, id: number): Chat {
    const chat = new Chat({ url: server, token: (refused) => (refused === undefined ? token : null) });
    chat.subscribe(
      (state) => state.conversation(id)?.unread_count ?? 0,
      (count) => this.#tell("parley-unread", { count }),
    );
    chat.subscribe(
      ({ connection }) => connection,
      (connection) => connection === "signed_out" && this.#tell("parley-signed-out"),
    );
    // Another chat is another view: nothing of the one before stays, such as a text that was being written.
    render(
      <ChatView key={`${id} ${token}`} chat={chat} id={id} onReady={() => this.#tell("parley-ready")} />,
      this.#root,
    );
    void chat.start();
    return chat;
  }

  #close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    render(null, this.#root);
    void opened?.chat.stop();
  }

  #tell(name: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

// A page may load the script twice.
if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
