import { app } from "./app.ts";
import { ConversationObject } from "./conversation/object.ts";
import { sweep } from "./core/sweep.ts";
import { InboxObject } from "./inbox/object.ts";
import { openDatabase } from "./storage/database.ts";

/** One conversation: its order, members, read positions and sockets. */
export class Conversation extends ConversationObject {}

/** One user: the gate of his sockets, his list of conversations. */
export class Inbox extends InboxObject {}

export default {
  fetch: app.fetch,
  /** Each hour (see wrangler.toml): deletes what has expired. */
  async scheduled(_controller, env) {
    await sweep(openDatabase(env.DB));
  },
} satisfies ExportedHandler<Env>;
