import { Chat, Problem } from "parley-client";
import { openCache } from "parley-client/cache";
import { Drafts } from "parley-client/drafts";
import { People } from "parley-client/people";
import { uploads } from "parley-client/uploads";
import { go } from "./router.ts";
import { farewell, forgetSession, isKept, type Session, session } from "./session.ts";

/** A sign-out waits this long for the server, in ms, and asks it again after as long. */
const PATIENCE = 3_000;

/** What the page works with while a user is signed in. */
export interface Account {
  readonly me: number;
  readonly chat: Chat;
  readonly people: People;
  readonly drafts: Drafts;
  /**
   * Ends the session, and forgets what this browser has kept of it. A server that does not answer is asked
   * again as long as the page is open.
   */
  signOut(): Promise<void>;
  /** Ends the work, and keeps the session. */
  close(): Promise<void>;
}

/** Opens the client of a session, which shows what its cache has, and connects. */
export function openAccount(opened: Session): Account {
  const { userId, token } = opened;
  const name = `${userId}@${location.host}`;
  const cache = openCache(name);
  const chat = new Chat({
    ...{ url: location.origin, cache, uploads },
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
    signOut: async () => {
      forgetSession();
      const isDone = await isEnded(chat);
      if (!isDone) {
        farewell.value ??= "account.leftHere";
        void endLater(chat);
      }
      await chat.stop();
      await cache.clear();
      // The next user does not begin where this one was.
      go({ view: "home" }, { replace: true });
      session.value = null;
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

/** Ends the session at the server. @returns whether it has ended, as far as the server has said */
async function isEnded({ api }: Chat): Promise<boolean> {
  const ending = api.call("post", "/v1/logout").then(
    () => true,
    (error: unknown) => error instanceof Problem && error.code === "unauthenticated",
  );
  return Promise.race([ending, pause().then(() => false)]);
}

async function endLater(chat: Chat): Promise<void> {
  do await pause();
  while (!(await isEnded(chat)));
  if (farewell.peek() === "account.leftHere") farewell.value = "account.left";
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE));
}
