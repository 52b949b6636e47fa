import { type Context, Hono } from "hono";
import { postToHook, requireHook } from "../../core/groups/incoming-hooks.ts";
import { CoreError, invalid, isNotFound } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { countRefused } from "../../http/access/rate-limit.ts";
import type { AppEnv } from "../../http/env.ts";
import { barePath, type Surface } from "../../http/surface.ts";
import { alertmanager } from "./alertmanager/alertmanager.ts";
import { postedJson } from "./body.ts";
import { discord } from "./discord/discord.ts";
import { gitea } from "./gitea/gitea.ts";
import { github } from "./github/github.ts";
import { gitlab } from "./gitlab/gitlab.ts";
import { grafana } from "./grafana/grafana.ts";
import { kuma } from "./kuma/kuma.ts";
import { plain } from "./plain/plain.ts";
import { sentry } from "./sentry/sentry.ts";
import type { Posted, Shape } from "./shape.ts";
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

const KEY_HEADER = "Idempotency-Key";

const router = new Hono<AppEnv>({ strict: false });
router.post("/hooks/:id/:secret", (c) => receive(c, c.req.param(), plain));
router.post("/hooks/:id/:secret/:shape", (c) => {
  const shape = SHAPES.get(c.req.param("shape"));
  if (!shape)
    throw new CoreError("no_such_path", `There is no such shape: ${[...SHAPES.keys()].join(", ")}.`);
  return receive(c, c.req.param(), shape);
});
// Where Discord has its webhooks: libraries for it take another origin, and no other path.
for (const root of ["/api/webhooks", "/api/v9/webhooks", "/api/v10/webhooks"]) {
  router.post(`${root}/:id/:secret`, (c) => receive(c, c.req.param(), discord));
  router.post(`${root}/:id/:secret/slack`, (c) => receive(c, c.req.param(), slack));
  router.post(`${root}/:id/:secret/github`, (c) => receive(c, c.req.param(), github));
}

/**
 * Takes a post. A URL that no hook has counts by address, and its body is not read; a hook has a rate of its
 * own.
 * @throws as `postToHook`, `postedJson` and `Shape.read`
 */
async function receive(
  c: Context<AppEnv>,
  { id, secret }: { id: string; secret: string },
  shape: Shape,
): Promise<Response> {
  const url = { hook: id, secret };
  try {
    await requireHook(c.var.core, url);
  } catch (error) {
    if (isNotFound(error)) await countRefused(c, "hook");
    throw error;
  }
  const given = c.req.header(KEY_HEADER);
  if (given !== undefined && given.length > LIMITS.idempotencyKey)
    throw invalid(`header.${KEY_HEADER}`, `must be at most ${LIMITS.idempotencyKey} characters`);
  const posted: Posted = { body: await postedJson(c.req), header: (name) => c.req.header(name) };
  const post = shape.read(posted);
  if (!post) return shape.answer(c, null);
  const key = given ? `header ${given}` : post.key;
  return shape.answer(c, await postToHook(c.var.core, url, { ...post, key }));
}

const OF_DISCORD = /^\/api\/(?:v9\/|v10\/)?webhooks(?:\/|$)/;

/** The shape that a path names by its end. */
function shapeAt(path: string): Shape {
  const named = SHAPES.get(path.slice(path.lastIndexOf("/") + 1));
  return named ?? (OF_DISCORD.test(path) ? discord : plain);
}

/** What other services post to the hooks of groups, each in its own shape. */
export const incoming = {
  name: "incoming",
  router,
  owns: (path) => path === "/hooks" || path.startsWith("/hooks/") || OF_DISCORD.test(path),
  refuse: (c, failure) => shapeAt(barePath(c.req.path)).refuse(c, failure),
} satisfies Surface;
