import { Chat, type OutboxItem, type Uploader } from "parley-client";
import { openCache } from "parley-client/cache";
import { Drafts } from "parley-client/drafts";
import { People } from "parley-client/people";
import type { Named } from "parley-react/mentions";
import { ANSWERS } from "../lib/stored.ts";
import { farewell, keptSession, session } from "./session.ts";

/** What the page works with while a user is signed in. */
export interface Account {
  readonly me: number;
  readonly chat: Chat;
  readonly people: People;
  readonly drafts: Drafts;
  /** Ends the work. Forgets what this browser has kept of the user, unless it keeps their session. */
  close(): Promise<void>;
}

/** Finds out whom a message mentions, when it leaves. */
type ResolveMentions = (account: Pick<Account, "chat" | "people">, item: OutboxItem) => Promise<Named>;

/** Loads what prepares messages with the first one that has a file, or mentions to be found out. */
function preparesLater(resolve: (item: OutboxItem) => Promise<Named>): Uploader {
  let loading: Promise<Uploader> | undefined;
  return {
    outboxChanged(id, item, change, api) {
      if (!loading && !item?.file && item?.message.mentions !== "later") return;
      loading ??= import("../lib/uploads.ts").then(({ uploaderOf }) => uploaderOf(resolve));
      void loading.then((uploader) => uploader.outboxChanged(id, item, change, api));
    },
  };
}

/**
 * Opens the client of the user who has the session. It shows what its cache has, connects, and goes over to
 * another session of the same user.
 */
export function openAccount(userId: number, resolve: ResolveMentions): Account {
  const name = `${userId}@${location.host}`;
  const cache = openCache(name);
  /** whether this browser has a session of the user still: if not, they have signed out in a tab */
  const isKept = () => keptSession()?.userId === userId;
  const chat = new Chat({
    ...{ url: location.origin, cache },
    uploads: preparesLater((item) => resolve({ chat, people }, item)),
    token: async (refused) => {
      const now = session.peek();
      if (now?.userId !== userId) return null;
      if (now.isRenewed) return (await import("../lib/issuer/tokens.ts")).renewedToken(refused);
      // The token of a sign-in by a password is not renewed: the user signs in again.
      return now.token === refused ? null : now.token;
    },
  });
  const people = new People(chat);
  const drafts = new Drafts(chat, { name });
  chat.subscribe(
    ({ connection }) => connection,
    (connection) => {
      if (connection !== "signed_out" || session.peek()?.userId !== userId) return;
      if (isKept()) farewell.value ??= "account.ended";
      session.value = null;
    },
  );
  void chat.start();
  return {
    ...{ me: userId, chat, people, drafts },
    close: async () => {
      const stays = isKept();
      // What is not saved yet would be kept by its answer.
      if (stays) await drafts.flush();
      else {
        drafts.clear();
        void globalThis.caches?.delete(ANSWERS);
      }
      people.close();
      drafts.close();
      await chat.stop();
      await cache[stays ? "close" : "clear"]();
    },
  };
}
