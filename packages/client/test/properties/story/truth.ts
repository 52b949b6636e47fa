import type { Api, Conversation, Message } from "../../../src/index.ts";

/** A message as every way shows it: without own reactions none are there. */
export function plain(message: Message): Message {
  return { ...message, mine: message.mine ?? [] };
}

/** What a user sees in the end: a fresh load over HTTP. */
export interface Truth {
  readonly list: readonly Conversation[];
  /** the unread messages that mention the user, thread-only replies too */
  readonly mentions: ReadonlyMap<number, readonly number[]>;
  /** the main stream of each conversation */
  readonly main: ReadonlyMap<number, readonly Message[]>;
  /** all messages of each conversation, thread-only replies too */
  readonly all: ReadonlyMap<number, readonly Message[]>;
}

/** Loads the list and the mentions. */
export async function freshList(api: Api): Promise<Pick<Truth, "list" | "mentions">> {
  const { items: list } = await api.call("get", "/v1/conversations", { query: { limit: 100 } });
  const mentions = new Map<number, number[]>();
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: 100, ...(cursor && { cursor }) };
    const page = await api.call("get", "/v1/mentions", { query });
    for (const { unread, message } of page.items) {
      const { conversation_id: id, seq } = message;
      if (!unread) continue;
      mentions.set(
        id,
        [...(mentions.get(id) ?? []), seq].sort((a, b) => a - b),
      );
    }
    cursor = page.next_cursor;
  }
  return { list, mentions };
}

/** Loads everything. */
export async function fresh(api: Api): Promise<Truth> {
  const { list, mentions } = await freshList(api);
  const main = new Map<number, Message[]>();
  const all = new Map<number, Message[]>();
  for (const { id } of list) {
    main.set(id, await history(api, id, {}));
    all.set(id, await history(api, id, { threads: "all" }));
  }
  return { list, mentions, main, all };
}

async function history(api: Api, id: number, way: { threads?: "all" }): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const query = { after: messages.at(-1)?.seq ?? 0, limit: 100, ...way };
    const page = await api.call("get", "/v1/conversations/{id}/messages", { path: { id }, query });
    messages.push(...page.items.map(plain));
    if (!page.has_more) return messages;
  }
}
