import { type Context, Hono } from "hono";
import { storeAsItIs } from "../../core/files/stored-media.ts";
import { postToHook } from "../../core/groups/incoming-hooks.ts";
import { CoreError, invalid } from "../../domain/errors.ts";
import { httpUrl } from "../../domain/http-url.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { HookFile } from "../../domain/server/hook-post.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import type { AppEnv } from "../../http/env.ts";
import { barePath, type Surface } from "../../http/surface.ts";
import { isForm } from "../../http/uploads/upload.ts";
import { readWithFiles } from "../../http/uploads/with-file.ts";
import { requireAddress } from "./address.ts";
import { alertmanager } from "./alertmanager/alertmanager.ts";
import { jsonOf, posted } from "./body.ts";
import { deleteMessage, discord, editMessage, message, webhook } from "./discord/discord.ts";
import { gitea } from "./gitea/gitea.ts";
import { github } from "./github/github.ts";
import { gitlab } from "./gitlab/gitlab.ts";
import { grafana } from "./grafana/grafana.ts";
import { kuma } from "./kuma/kuma.ts";
import { plain } from "./plain/plain.ts";
import { sentry } from "./sentry/sentry.ts";
import type { Shape } from "./shape.ts";
import { slack } from "./slack/slack.ts";

/** The shapes of services, by the last part of the path. */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["slack", slack],
  ["discord", discord],
  ["github", github],
  ["grafana", grafana],
  ["alertmanager", alertmanager],
  ["gitlab", gitlab],
  ["gitea", gitea],
  ["forgejo", gitea],
  ["sentry", sentry],
  ["kuma", kuma],
]);

const DISCORD_ROOTS = ["/api/webhooks", "/api/v9/webhooks", "/api/v10/webhooks"];

const KEY_HEADER = "Idempotency-Key";

const router = new Hono<AppEnv>({ strict: false });
router.post("/hooks/:id/:secret", (c) => receive(c, plain));
router.post("/hooks/:id/:secret/:shape", (c) => {
  const shape = SHAPES.get(c.req.param("shape"));
  if (!shape)
    throw new CoreError("no_such_path", `There is no such shape: ${[...SHAPES.keys()].join(", ")}.`);
  return receive(c, shape);
});
// Where Discord has its webhooks: libraries for it take another origin, and no other path.
for (const root of DISCORD_ROOTS) {
  router.post(`${root}/:id/:secret`, (c) => receive(c, discord));
  router.post(`${root}/:id/:secret/slack`, (c) => receive(c, slack));
  router.post(`${root}/:id/:secret/github`, (c) => receive(c, github));
}
for (const root of [...DISCORD_ROOTS.map((root) => `${root}/:id/:secret`), "/hooks/:id/:secret/discord"]) {
  router.get(root, async (c) => webhook(c, (await requireAddress(c)).url));
  router.get(`${root}/messages/:message`, async (c) => message(c, (await requireAddress(c)).url));
  router.patch(`${root}/messages/:message`, async (c) => editMessage(c, (await requireAddress(c)).url));
  router.delete(`${root}/messages/:message`, async (c) => deleteMessage(c, (await requireAddress(c)).url));
}

/**
 * Takes a post. A hook has a rate of its own.
 * @throws as `requireAddress`, `postToHook`, `posted`, `postedWithFiles` and `Shape.read`
 */
async function receive(c: Context<AppEnv>, shape: Shape): Promise<Response> {
  const { url, maker } = await requireAddress(c);
  const given = c.req.header(KEY_HEADER);
  if (given !== undefined && given.length > LIMITS.idempotencyKey)
    throw invalid(`header.${KEY_HEADER}`, `must be at most ${LIMITS.idempotencyKey} characters`);
  const hasFiles = shape.takesFiles && isForm(c.req.raw);
  const post = shape.read({
    ...(hasFiles ? await postedWithFiles(c, maker) : { ...(await posted(c.req, shape)), files: [] }),
    query: (name) => c.req.query(name),
    header: (name) => c.req.header(name),
  });
  if (!post) return shape.answer(c, null);
  const key = given ? `header ${given}` : post.key;
  return shape.answer(c, await postToHook(c.var.core, url, { ...post, key }));
}

const OF_DISCORD = /^\/api\/(?:v9\/|v10\/)?webhooks(?:\/|$)/;

/** The shape that a path names. */
function shapeAt(path: string): Shape {
  const named = path.split("/").find((part) => SHAPES.has(part));
  return SHAPES.get(named ?? "") ?? (OF_DISCORD.test(path) ? discord : plain);
}

/** What other services post to the hooks of groups, each in its own shape. */
export const incoming = {
  name: "incoming",
  router,
  owns: (path) => path === "/hooks" || path.startsWith("/hooks/") || OF_DISCORD.test(path),
  refuse: (c, failure) => shapeAt(barePath(c.req.path)).refuse(c, failure),
} satisfies Surface;

/** Files of one post, as many as Discord takes. */
const MAX_FILES = 10;

const FileUrl = httpUrl(LIMITS.url, "must be an http(s) URL");

/**
 * The JSON of a form, and its files, each of which is stored. Those that no message shows expire.
 * @param maker who answers for the hook: the files are theirs
 * @throws `too_large`; `validation_failed`, also over ten files; `quota`; `rate_limited` over 1,200 a minute
 */
async function postedWithFiles(
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
