import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { z } from "zod";
import { ConversationStubs } from "./conversation/stub.ts";
import type { Core } from "./core/core.ts";
import { CoreError } from "./core/errors.ts";
import { LIMITS } from "./core/limits.ts";
import { SessionMemory } from "./core/session-memory.ts";
import type { AppEnv } from "./http/env.ts";
import { requestLog } from "./http/request-log.ts";
import { InboxStubs } from "./inbox/stub.ts";
import { openDatabase } from "./storage/database.ts";
import { v1 } from "./surfaces/v1/app.ts";
import { onError, problem } from "./surfaces/v1/errors.ts";

/** The setting `MAX_GROUP_MEMBERS`. */
const MaxGroupMembers = z.coerce.number().pipe(z.int().positive()).catch(LIMITS.groupMembers);

const sessionMemory = new SessionMemory();

/** The composition root: the core, and every surface mounted on one router. */
export const app = new Hono<AppEnv>({ strict: false });

app.use(requestLog);
app.use(async (c, next) => {
  const core: Core = {
    db: openDatabase(c.env.DB),
    conversations: new ConversationStubs(c.env.CONVERSATION),
    inboxes: new InboxStubs(c.env.INBOX),
    sessionMemory,
    settings: { maxGroupMembers: MaxGroupMembers.parse(c.env.MAX_GROUP_MEMBERS) },
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
  c.set("core", core);
  await next();
});
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
