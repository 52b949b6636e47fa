import { Chat } from "parley-client";
import * as cache from "parley-client/cache";
import * as react from "parley-client/react";
import { uploads } from "parley-client/uploads";

/** A small app: `client/scripts/bundles.ts` builds it by each bundler and runs what comes out. */
const chat = new Chat({ url: "http://localhost:8787", token: "", uploads });
console.log(chat.state.connection, Object.keys({ ...cache, ...react }).length);
