import { Chat, type NewMessage, type OutboxItem, type Uploader } from "parley-client";
import { openCache } from "parley-client/cache";
import { Drafts } from "parley-client/drafts";
import { People } from "parley-client/people";
import { farewell, isKept, type Session, session } from "./session.ts";

/** What the page works with while a user is signed in. */
export interface Account {
  readonly me: number;
  readonly chat: Chat;
  readonly people: People;
  readonly drafts: Drafts;
  /** Ends the work, and forgets what this browser has kept of the session. */
  forget(): Promise<void>;
  /** Ends the work, and keeps the session. */
  close(): Promise<void>;
}

/** Finds out whom a message mentions, when it leaves. */
type ResolveMentions = (
  account: Pick<Account, "chat" | "people">,
  item: OutboxItem,
) => Promise<NonNullable<NewMessage["mentions"]>>;

/** Opens the client of a session, which shows what its cache has, and connects. */
export function openAccount(opened: Session, resolve: ResolveMentions): Account {
  const { userId, token } = opened;
  /** loaded with the first file */
  let upload: Uploader | undefined;
  const name = `${userId}@${location.host}`;
  const cache = openCache(name);
  const chat = new Chat({
    ...{ url: location.origin, cache },
    uploads: {
      prepare: async (api, item, onProgress) => {
        let { message } = item;
        if (item.file) {
          const { uploads } = await import("../lib/uploads.ts");
          upload = uploads;
          message = await uploads.prepare(api, item, onProgress);
        }
        if (message.mentions !== "later") return message;
        return { ...message, mentions: await resolve({ chat, people }, item) };
      },
      outboxChanged: (id, item) => upload?.outboxChanged(id, item),
    },
    // A token that the server refuses is not replaced: the user signs in again.
    token: (refused) => (refused === undefined ? token : null),
  });
  const people = new People(chat);
  const drafts = new Drafts(chat, { share: name });
  chat.subscribe(
    ({ connection }) => connection,
    (connection) => {
      if (connection !== "signed_out" || session.peek()?.token !== token) return;
      void cache.clear();
      if (isKept(opened)) farewell.value ??= "account.ended";
      session.value = null;
    },
  );
  void chat.start();
  return {
    ...{ me: userId, chat, people, drafts },
    forget: async () => {
      await chat.stop();
      await cache.clear();
    },
    close: async () => {
      await drafts.flush();
      people.close();
      drafts.close();
      await chat.stop();
      await cache.close();
    },
  };
}
