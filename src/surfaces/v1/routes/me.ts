import { createRoute } from "@hono/zod-openapi";
import { changeProfile, getMe } from "../../../core/users.ts";
import { authenticated } from "../auth.ts";
import { v1Body } from "../body.ts";
import { v1Router } from "../router.ts";
import { Me, ProfileChange } from "../schemas/accounts.ts";
import { problems } from "../schemas/common.ts";
import { serializeMe } from "../serialize/users.ts";

const me200 = {
  200: { description: "The caller's profile", content: { "application/json": { schema: Me } } },
};

/** The caller's own profile. */
const getRoute = createRoute({
  method: "get",
  path: "/v1/me",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  responses: { ...me200, ...problems("unauthenticated") },
});

/** Changes the caller's profile: absent = unchanged, `""` = emptied, null is refused. */
const patchRoute = createRoute({
  method: "patch",
  path: "/v1/me",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: ProfileChange } } } },
  responses: { ...me200, ...problems("validation_failed", "unauthenticated", "too_large") },
});

export const me = v1Router()
  .openapi(getRoute, async (c) => {
    const me = await getMe(c.var.core, c.var.caller);
    return c.json(serializeMe(me), 200);
  })
  .openapi(patchRoute, async (c) => {
    const { friend_policy, ...fields } = c.req.valid("json");
    const change = { ...fields, ...(friend_policy && { friendPolicy: friend_policy }) };
    const changed = await changeProfile(c.var.core, c.var.caller, change);
    return c.json(serializeMe(changed), 200);
  });
