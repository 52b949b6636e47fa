import { Hono } from "hono";
import { storeFile } from "../../core/files/files.ts";
import { fileUrl } from "../../domain/files/file-origins.ts";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { readFormUpload } from "../../http/uploads/upload.ts";
import { authenticated } from "./auth.ts";
import { succeed } from "./envelope.ts";

export const asset = new Hono<CallerEnv>({ strict: false });

/** 上传媒体文件: the address of a file, which a message may then show. */
asset.post("/create", authenticated, weighs("page"), async (c) => {
  const { core, caller } = c.var;
  const upload = await readFormUpload(c.req.raw, "file", core.timing.uploads);
  return succeed(c, { url: fileUrl(await storeFile(core, caller.userId, upload)) });
});
