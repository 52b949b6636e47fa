import { Chat, Problem } from "parley-client";
import { render } from "preact";
import { closest, showLocale } from "../i18n/i18n.ts";
import { Boundary } from "../ui/missing/boundary.tsx";
import { ChatView } from "./chat-view.tsx";
import styles from "./embed.css";

/** The server that the script came from. */
const HOME = new URL(import.meta.url).origin;

// A sheet of this kind is no inline style, which the policy of a page may forbid.
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

/** A server that does not answer is asked again after this time, in ms. */
const AGAIN = 5_000;

/** A chat, and what it was opened for. */
interface Opened {
  /** the server and the conversation */
  readonly key: string;
  readonly server: string;
  readonly chat: Chat;
  /** the newest one of its user */
  token: string;
  /** until it is known whose session another token is of */
  renewing: Promise<void> | undefined;
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
  /** how many chats it has opened */
  #count = 0;

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
    const key = JSON.stringify([server, id]);
    const opened = this.#opened;
    if (opened?.key !== key) this.#open(key, server, token, id);
    else if (opened.token !== token) opened.renewing = this.#renew(opened, token, id);
  }

  /** Goes on with another token. That of another user opens a chat anew. */
  async #renew(opened: Opened, token: string, id: number): Promise<void> {
    const { chat, key, server } = opened;
    const isWanted = () => this.#opened === opened && this.getAttribute("token") === token;
    const user = await userOf(server, token, isWanted);
    if (!isWanted()) return;
    if (user === 0 || user !== chat.state.me) return this.#open(key, server, token, id);
    opened.token = token;
    if (chat.state.connection !== "signed_out") return;
    await chat.stop();
    if (isWanted()) void chat.start();
  }

  #open(key: string, server: string, token: string, id: number): void {
    this.#close();
    const chat = new Chat({
      url: server,
      token: async (refused) => {
        await opened.renewing;
        return opened.token === refused ? null : opened.token;
      },
    });
    const opened: Opened = { key, server, chat, token, renewing: undefined };
    this.#opened = opened;
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
      <Boundary key={++this.#count} row="edge">
        <ChatView
          {...{ chat, id, server: URL.parse(server)?.origin ?? "" }}
          onReady={() => this.#tell("parley-ready")}
        />
      </Boundary>,
      this.#root,
    );
    void chat.start();
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

/**
 * Whose session a token is of, as soon as the server answers.
 * @param isWanted whether to go on asking
 * @returns 0: nobody's
 */
async function userOf(server: string, token: string, isWanted: () => boolean): Promise<number> {
  const { api } = new Chat({ url: server, token: (refused) => (refused === undefined ? token : null) });
  while (isWanted()) {
    try {
      return (await api.call("get", "/v1/me")).id;
    } catch (error) {
      if (error instanceof Problem && error.code === "unauthenticated") return 0;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  return 0;
}

// A page may load the script twice.
if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
