import { type Chat, Problem } from "parley-client";
import { unsubscribe } from "../attention/settings.ts";
import type { Account } from "../state/account.ts";
import { go } from "../state/router.ts";
import { farewell, forgetSession, session } from "../state/session.ts";

/** A sign-out waits this long for the server, in ms, and asks it again after as long. */
const PATIENCE = 3_000;

/**
 * Ends the session, and forgets what this browser has kept of it. A server that does not answer is asked
 * again as long as the page is open.
 */
export async function signOut({ chat, close }: Account): Promise<void> {
  // The chunk is there: the session has had its token from it.
  const issuer = session.peek()?.isRenewed ? await import("../lib/issuer/tokens.ts") : undefined;
  // A session that ends takes its tokens along.
  const address = issuer?.currentTokens()?.signOutAddress;
  forgetSession();
  // The next user of this browser is shown nothing of this one, whenever the server hears of it.
  void unsubscribe().catch(() => {});
  const hasEnded = await isEnded(chat);
  if (!hasEnded) {
    farewell.value ??= "account.leftHere";
    void endLater(chat);
  }
  await close();
  // The next user does not begin where this one was.
  go({ view: "home" }, { replace: true });
  session.value = null;
  issuer?.keepTokens(null);
  // The page stays while it has to tell the server.
  if (address && hasEnded) location.assign(address);
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
