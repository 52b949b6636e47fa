import { Chat } from "parley-client";
import { badgeOf } from "parley-client/attention";
import * as cache from "parley-client/cache";
import { Drafts } from "parley-client/drafts";
import { watchNews } from "parley-client/news";
import { People } from "parley-client/people";
import * as react from "parley-client/react";
import { shareSocket } from "parley-client/tabs";
import { uploads } from "parley-client/uploads";

/** A small app: `packages/client/scripts/bundles.ts` builds it by each bundler and runs what comes out. */
const socket = shareSocket("nobody");
const chat = new Chat({ url: "http://localhost:8787", token: "", socket, uploads });
new People(chat).close();
watchNews(chat, { onNews: console.log, onOver: console.log })();
console.log(badgeOf(chat.state.conversations, 0));
new Drafts(chat).close();
console.log(chat.state.connection, Object.keys({ ...cache, ...react }).length);
