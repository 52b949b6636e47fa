import { type Context, Hono } from "hono";
import { sendDraft } from "../../../core/drafts/drafts.ts";
import { makeDraft } from "../../../core/drafts/file-drafts.ts";
import type { StoredFile } from "../../../domain/files/file.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { fileUrl } from "../../../http/file-url.ts";
import { readWithFile } from "../../../http/uploads/with-file.ts";
import { authenticated } from "../auth.ts";
import { readCreation } from "../content.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas/common.ts";
import { FILE_PLACE, Sending } from "../schemas/drafts.ts";
import { serializeDraft, serializeSent } from "../serialize/drafts.ts";

export const drafts = new Hono<CallerEnv>({ strict: false });

/** 创建消息: all nine create…Message calls of the SDK. Stores a draft; nothing is delivered. */
drafts.post("/message/createMessage", authenticated, async (c) => {
  const { core, caller } = c.var;
  const input = readCreation(await readWithFile(c.req.raw, FILE_PLACE, core.timing.uploads));
  const urlOf = (file: StoredFile) => fileUrl(file, c.req.url);
  return succeed(c, serializeDraft(await makeDraft(core, caller.userId, input, urlOf)));
});

/** 发送消息: sends a created message once. A repeat answers with the first message. */
drafts.post("/message/sendMessage", authenticated, send);

/** 重发消息: repeats a send that seemed to fail. It never makes a second message. */
drafts.post("/message/resendMessage", authenticated, send);

async function send(c: Context<CallerEnv>): Promise<Response> {
  const { core, caller } = c.var;
  const { ID, conversationType } = checked(Sending, await bodyFields(c.req.raw, BODY));
  return succeed(c, serializeSent(await sendDraft(core, caller.userId, ID, conversationType)));
}
