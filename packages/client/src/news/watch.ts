import type { Chat } from "../chat.ts";
import { type Known, know, type News, NOTHING, newsOf, stands } from "./news.ts";

/** Who shows the news. */
export interface NewsListener {
  /** Something calls for the user. What was told of its conversation before is replaced. */
  onNews(news: News): void;
  /** What was told of a conversation calls no more: it is read, on any device, revoked, muted or gone. */
  onOver(conversationId: number): void;
}

/**
 * Tells what is new while the client runs, each thing once. What was unread before the first list of this
 * start is no news.
 * @param now the time in ms since 1970
 * @returns ends it
 */
export function watchNews(chat: Chat, { onNews, onOver }: NewsListener, now = Date.now): () => void {
  const known = new Map<number, Known>();
  const told = new Map<number, News>();
  let isListed = false;
  /** when the newest message came that was no news, by the server's clock */
  let since = 0;
  const look = () => {
    const { conversations, me } = chat.state;
    for (const entry of conversations) {
      const { id, last_message: last } = entry;
      const at = last?.created_at ?? 0;
      if (!isListed) since = Math.max(since, at);
      // One that comes back from the archive by hand brings nothing new.
      const before = known.get(id) ?? (at > since ? NOTHING : undefined);
      const news = isListed && before ? newsOf(before, entry, me, now()) : undefined;
      known.set(id, know(entry, before, news));
      if (!news) continue;
      told.set(id, news);
      // A mention may be known before its message is: that goes on standing as a message, and is told once.
      if (news.seq === undefined || !news.called.has(news.seq)) onNews(news);
    }
    for (const [id, news] of told) if (!stands(news, chat.state.conversation(id), now())) end(id);
    isListed = chat.state.isListed;
  };
  const end = (id: number) => {
    told.delete(id);
    onOver(id);
  };
  look();
  const ends = [
    chat.subscribe(({ conversations }) => conversations, look),
    chat.onFrame((frame) => {
      if (frame.type !== "changed") return;
      // What was told may not be the newest message, of which alone the list knows that it is revoked.
      for (const { conversation_id: id, seq, revoked } of frame.items)
        if (revoked && told.get(id)?.seq === seq) end(id);
    }),
  ];
  return () => {
    for (const one of ends) one();
  };
}
