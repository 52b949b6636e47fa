import { Hono } from "hono";
import { storeFile } from "../../core/files/files.ts";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { readFormUpload } from "../../http/uploads/upload.ts";
import { authenticated } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { serializeFile } from "./serialize.ts";

export const files = new Hono<CallerEnv>({ strict: false });

/** 上传聊天文件 */
files.post("/file/upload-chat-file", authenticated, weighs("page"), async (c) => {
  const { core, caller } = c.var;
  const upload = await readFormUpload(c.req.raw, "file", core.timing.uploads);
  const file = await storeFile(core, caller.userId, upload);
  return succeed(c, { chat_file: serializeFile(file, core.settings.timeZone) });
});
