/**
 * What React Native gives beside Hermes, and no more: no `crypto`, no DOM, no IndexedDB, no methods of
 * `AbortSignal`, no events of a page. The server is a stub that answers in later turns.
 */
export const ORIGIN = "http://server.example";
export const ANN = { id: 1, username: "ann", nickname: "Ann", avatar: "" };

/** What calls are answered, by their path; without an entry an empty list. */
export const answers = new Map<string, object>();
/** the calls that change something */
export const calls: string[] = [];

declare function print(line: string): void;

const clear = globalThis.clearTimeout;

class Aborting {
  readonly #listeners: (() => void)[] = [];
  readonly signal = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => this.#listeners.push(listener),
    removeEventListener: () => {},
  };

  abort(): void {
    this.signal.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}

function fetched(url: string, { method, body }: { method: string; body?: string }): Promise<object> {
  const path = url.replace(ORIGIN, "");
  if (method !== "GET") calls.push(`${method} ${path}`);
  const known = answers.get(path.split("?")[0] ?? "") ?? { items: [], next_cursor: null };
  // A draft is as it was written.
  const answer = method === "PUT" ? { updated_at: 5, ...JSON.parse(body ?? "") } : known;
  const headers = { get: (name: string) => (name === "Content-Type" ? "application/json" : null) };
  const text = () => Promise.resolve(JSON.stringify(answer));
  return new Promise((resolve) => setTimeout(() => resolve({ ok: true, status: 200, headers, text }), 1));
}

class Socket {
  onmessage: ((event: { data: string }) => void) | null = null;
  #seq = 1;

  constructor(url: string, [protocol]: string[]) {
    print(`opens ${url} ${protocol}`);
    this.#tell(JSON.stringify({ type: "ready", user_id: ANN.id, session_id: "s" }));
  }

  send(text: string): void {
    if (text === "ping") {
      this.#tell("pong");
      return;
    }
    const { type, items } = JSON.parse(text);
    if (type !== "sends") return;
    for (const { client_msg_id, conversation_id, kind, body } of items) {
      const ids = { client_msg_id, conversation_id, seq: ++this.#seq };
      const rest = { mentions: [], revoked: false, version: 1, rev: 0, created_at: 2 };
      const message = { ...ids, sender: ANN, kind, body, ...rest };
      this.#tell(JSON.stringify({ type: "draft", conversation_id, draft: null, client_msg_id }));
      this.#tell(JSON.stringify({ type: "ack", ...ids, message }));
    }
  }

  close(): void {
    this.onmessage = null;
  }

  #tell(data: string): void {
    setTimeout(() => this.onmessage?.({ data }), 1);
  }
}

Object.assign(globalThis, {
  queueMicrotask: (task: () => void) => void Promise.resolve().then(task),
  setInterval: () => 0,
  clearInterval: () => {},
  // That of Hermes' command line refuses to clear nothing.
  clearTimeout: (timer: number | undefined) => timer !== undefined && clear(timer),
  AbortController: Aborting,
  WebSocket: Socket,
  fetch: fetched,
});

// Hermes has it since React Native 0.71.
Array.prototype.at ??= function at<T>(this: T[], i: number): T | undefined {
  return this[i < 0 ? this.length + i : i];
};
