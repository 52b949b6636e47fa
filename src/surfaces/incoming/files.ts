import type { Context } from "hono";
import { storeAsItIs } from "../../core/files/stored-media.ts";
import { invalid } from "../../domain/errors.ts";
import { httpUrl } from "../../domain/http-url.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { HookFile } from "../../domain/server/hook-post.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import type { AppEnv } from "../../http/env.ts";
import { readWithFiles } from "../../http/uploads/with-file.ts";
import { jsonOf } from "./body.ts";

/** Files of one post, as many as Discord takes. */
const MAX_FILES = 10;

const FileUrl = httpUrl(LIMITS.url, "must be an http(s) URL");

/**
 * The JSON of a form, and its files, each of which is stored. Those that no message shows expire.
 * @param maker who answers for the hook: the files are theirs
 * @throws `too_large`; `validation_failed`, also over ten files; `quota`; `rate_limited` over 1,200 a minute
 */
export async function postedWithFiles(
  c: Context<AppEnv>,
  maker: UserId,
): Promise<{ body: unknown; files: HookFile[] }> {
  const { core } = c.var;
  await countCost(c, maker, "page");
  const limits = { maxBytes: LIMITS.largeFileBytes, maxBytesBeside: LIMITS.hookPostBytes };
  let count = 0;
  const { taken, fields } = await readWithFiles(c.req.raw, limits, core.timing.uploads, async (file) => {
    count++;
    if (count > MAX_FILES) throw invalid("body.files", `must be at most ${MAX_FILES}`);
    const { kind, body } = await storeAsItIs(core, maker, file);
    return { kind, body: { ...body, url: FileUrl.parse(body.url) } };
  });
  return { body: jsonOf(fields, true), files: [...taken.values()] };
}
