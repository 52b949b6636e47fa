import { type Cache, openCache } from "../../src/cache/index.ts";
import * as core from "../../src/index.ts";
import { shareSocket } from "../../src/tabs/index.ts";
import * as uploads from "../../src/uploads/index.ts";

/** What the tests call in a page: `page.evaluate(() => window.parley…)`. */
interface Parley {
  core: typeof core;
  uploads: typeof uploads;
  openCache: typeof openCache;
  shareSocket: typeof shareSocket;
  /** what a test has started in the page */
  chat: core.Chat;
  cache: Cache;
  window?: core.ConversationWindow;
  windows?: core.ConversationWindow[];
}

declare global {
  interface Window {
    parley: Parley;
  }
}

const cache = openCache("");
window.parley = { core, uploads, openCache, shareSocket, cache, chat: new core.Chat({ url: "", token: "" }) };
