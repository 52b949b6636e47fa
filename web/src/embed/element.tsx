import { Chat, claimsOf } from "parley-client";
import { type ComponentChild, render } from "preact";
import type { GetToken, ParleyElement } from "../../public/embed.d.ts";
import { closest, showLocale } from "../i18n/i18n.ts";
import { RowBoundary } from "../ui/missing/row-boundary.tsx";
import styles from "./embed.css";
import { type Host, HostContext } from "./host.ts";
import { uploads } from "./uploads.ts";

/** The server that the script came from. */
const HOME = new URL(import.meta.url).origin;

/** The sheets by their texts. They are no inline styles, which the policy of a page may forbid. */
const sheets = new Map<string, CSSStyleSheet>();

/** A chat, and what it was opened for. */
interface Opened {
  /** the server, and what is shown of it */
  readonly key: string;
  readonly server: string;
  readonly host: Host;
  readonly chat: Chat;
  /** the newest one of its user */
  token: string | null;
  /** the page was told that `getToken` fails */
  hasFailed: boolean;
}

/** An element that shows something of a user's chats. docs/guides/embed.md describes what pages see of it. */
export abstract class Embedded extends HTMLElement implements ParleyElement {
  static readonly observedAttributes = ["conversation", "space", "token", "server", "lang"];
  readonly #root = this.attachShadow({ mode: "open" });
  #getToken: GetToken | undefined;
  #opened: Opened | undefined;
  #isDue = false;
  /** how many chats it has opened */
  #count = 0;

  constructor() {
    super();
    this.#adopt(styles);
    // A page may have set it before the script came, and so hidden what the class has.
    if (Object.hasOwn(this, "getToken")) {
      const { getToken } = this;
      Reflect.deleteProperty(this, "getToken");
      this.getToken = getToken;
    }
  }

  /** What it shows. @param id the conversation that the page has named; 0: none */
  protected abstract view(id: number): ComponentChild;
  /** What it is opened for: another one is another chat. Empty: it shows nothing. */
  protected abstract keyOf(id: number): string;

  get getToken(): GetToken | undefined {
    return this.#getToken;
  }

  set getToken(get: GetToken | undefined) {
    this.#getToken = get;
    this.#change();
  }

  renew(): void {
    if (this.#opened) void this.#restart(this.#opened);
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
    const id = this.#id;
    const token = this.getAttribute("token");
    const server = this.getAttribute("server") ?? HOME;
    const shown = this.keyOf(id);
    const isId = Number.isSafeInteger(id) && id >= 0;
    if (!this.isConnected || !(token || this.#getToken) || !shown || !isId) this.#close();
    else {
      const key = JSON.stringify([server, shown]);
      const opened = this.#opened;
      if (opened?.key !== key) this.#open(key, server);
      else {
        this.#render(opened.host);
        if (token && opened.token !== token) this.#renew(opened, token);
      }
    }
    if (!isId) throw new TypeError(`<${this.localName}>: conversation="${given}" is no id`);
  }

  /** The conversation that the page has named; 0: none. */
  get #id(): number {
    return Number(this.getAttribute("conversation"));
  }

  /** Goes on with another token. That of another user opens a chat anew. */
  #renew(opened: Opened, token: string): void {
    const { chat, key, server } = opened;
    if (!isOf(chat, token)) return void this.#open(key, server);
    opened.token = token;
    if (chat.state.connection === "signed_out") void this.#restart(opened);
  }

  async #restart({ chat }: Opened): Promise<void> {
    await chat.stop();
    if (this.#opened?.chat === chat) void chat.start();
  }

  #open(key: string, server: string): void {
    this.#close();
    const chat = new Chat({
      url: server,
      uploads,
      token: (refused) => {
        if (this.#getToken) return this.#asked(opened, refused);
        return opened.token === refused ? null : opened.token;
      },
    });
    const tell: Host["tell"] = (name, detail) =>
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    const origin = URL.parse(server)?.origin ?? "";
    const host: Host = { chat, tell, origin, adopt: (text) => this.#adopt(text), kept: new Map() };
    const token = this.getAttribute("token");
    const opened: Opened = { key, server, host, chat, token, hasFailed: false };
    this.#opened = opened;
    chat.subscribe(
      ({ connection }) => connection,
      (code) => {
        if (code === "signed_out" || code === "forbidden") tell("parley-error", { code });
      },
    );
    chat.onMessage((message) => tell("parley-message", { message }));
    this.#count++;
    this.#render(host);
    void chat.start();
  }

  /** The token that the page gives. That of another user opens a chat anew. */
  async #asked(opened: Opened, refused: string | undefined): Promise<string | null | undefined> {
    const { chat, key, server, host } = opened;
    try {
      const token = await this.#getToken?.(refused);
      opened.hasFailed = false;
      if (!token || !chat.state.me || isOf(chat, token)) return token;
    } catch (error) {
      // While the chat is live it has a token that holds.
      if (!opened.hasFailed && chat.state.connection !== "live") {
        opened.hasFailed = true;
        host.tell("parley-error", { code: "no_token" });
      }
      throw error;
    }
    if (this.#opened === opened) this.#open(key, server);
    return null;
  }

  /** Another chat is another view: nothing of the one before stays. */
  #render(host: Host): void {
    render(
      <HostContext.Provider value={host} key={this.#count}>
        <RowBoundary row="edge">{this.view(this.#id)}</RowBoundary>
      </HostContext.Provider>,
      this.#root,
    );
  }

  #close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    render(null, this.#root);
    void opened?.chat.stop();
  }

  #adopt(text: string): void {
    const sheet = sheets.get(text) ?? new CSSStyleSheet();
    if (!sheets.has(text)) sheet.replaceSync(text);
    sheets.set(text, sheet);
    const { adoptedStyleSheets: all } = this.#root;
    if (!all.includes(sheet)) all.push(sheet);
  }
}

/** Whether a token is of the user of a chat. */
function isOf({ state }: Chat, token: string): boolean {
  return Number(claimsOf(token).sub) === state.me;
}
