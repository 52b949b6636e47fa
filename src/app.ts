import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { ConversationStubs } from "./conversation/stub.ts";
import type { Core } from "./core/core.ts";
import { CoreError } from "./core/errors.ts";
import { SessionMemory } from "./core/session-memory.ts";
import { readSettings } from "./core/settings.ts";
import { cors } from "./http/cors.ts";
import type { AppEnv } from "./http/env.ts";
import { requestLog } from "./http/request-log.ts";
import { InboxStubs } from "./inbox/stub.ts";
import { openDatabase } from "./storage/database.ts";
import { v1 } from "./surfaces/v1/app.ts";
import { onError, problem } from "./surfaces/v1/errors.ts";

const sessionMemory = new SessionMemory();

/** The composition root: the core, and every surface mounted on one router. */
export const app = new Hono<AppEnv>({ strict: false });

app.use(requestLog);
app.use(async (c, next) => {
  const core: Core = {
    db: openDatabase(c.env.DB),
    files: c.env.FILES,
    conversations: new ConversationStubs(c.env.CONVERSATION),
    inboxes: new InboxStubs(c.env.INBOX),
    sessionMemory,
    settings: readSettings(c.env),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
  c.set("core", core);
  await next();
});
app.use(cors);
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, allowed) => {
      const refused = new CoreError("method_not_allowed", `This path takes ${allowed.join(", ")}.`);
      const response = problem(c, refused.toFailure());
      response.headers.set("Allow", allowed.join(", "));
      return response;
    },
  }),
);

app.route("/", v1);

app.onError(onError);
app.notFound((c) => problem(c, new CoreError("not_found", "There is no such path.").toFailure()));
