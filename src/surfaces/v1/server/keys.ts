import { z } from "@hono/zod-openapi";
import { createServerKey, endServerKey, serverKeys as keysOf } from "../../../core/server/server-keys.ts";
import {
  DateUtc,
  type ServerKey as Key,
  NewServerKey as NewKey,
  ServerKeyId,
  ServerScope,
} from "../../../domain/server/server-key.ts";
import { Time } from "../common.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const Scopes = z.array(ServerScope).openapi({
  description: "What the key may do: each call of the section *Server* names the one that it needs",
});

const ServerKey = z
  .object({
    id: ServerKeyId,
    name: z.string(),
    scopes: Scopes,
    created_at: Time,
    last_used_on: DateUtc.nullable().openapi({ description: "A date in UTC; null: never" }),
    expires_at: Time.nullable().openapi({ description: "null: it does not end by itself" }),
  })
  .openapi("ServerKey", { description: "The key of a backend, without its secret" });

const NewServerKey = z
  .object({
    name: NewKey.shape.name,
    scopes: NewKey.shape.scopes,
    expires_at: Time.optional(),
  })
  .openapi("NewServerKey");

export const CreatedServerKey = z
  .object({
    ...ServerKey.shape,
    key: z.string().openapi({ description: "What the backend sends. It is shown once, and stored nowhere" }),
  })
  .openapi("CreatedServerKey");

export const ServerKeys = z.object({ items: z.array(ServerKey) }).openapi("ServerKeys");

const keyRoute = serverRoutes("keys");

const listRoute = keyRoute("get", "/v1/server/keys", {
  operationId: "listServerKeys",
  summary: "The keys of backends",
  description: "Those that work and have no scope that yours lacks, the newest first, without their secrets.",
  responses: { 200: jsonAnswer("The keys", ServerKeys) },
});

const createRoute = keyRoute("post", "/v1/server/keys", {
  operationId: "createServerKey",
  summary: "Make a key",
  description:
    "`key` of the answer is shown once. `npm run keys` makes the first one. A key makes none with a scope that it lacks, nor one that ends later than itself.",
  request: { body: jsonBody(NewServerKey) },
  responses: { 201: jsonAnswer("The key, with its secret", CreatedServerKey) },
});

const revokeRoute = keyRoute("delete", "/v1/server/keys/{id}", {
  operationId: "revokeServerKey",
  summary: "Revoke a key",
  description:
    "It ends within 10 s everywhere. A key may revoke itself, and none with a scope that it lacks. The keys that it has made stay.",
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: "The key is revoked" }, ...problems("not_found") },
});

export const serverKeys = v1Router()
  .openapi(listRoute, async (c) => {
    const items = await keysOf(c.var.core, c.var.key);
    return c.json({ items: items.map(serializeKey) }, 200);
  })
  .openapi(createRoute, async (c) => {
    const { expires_at: expiresAt, ...asked } = c.req.valid("json");
    const { key, text } = await createServerKey(c.var.core, c.var.key, { ...asked, expiresAt });
    return c.json({ ...serializeKey(key), key: text }, 201);
  })
  .openapi(revokeRoute, async (c) => {
    await endServerKey(c.var.core, c.var.key, c.req.valid("param").id);
    return c.body(null, 204);
  });

function serializeKey({
  id,
  name,
  scopes,
  createdAt,
  lastUsedOn,
  expiresAt,
}: Key): z.infer<typeof ServerKey> {
  return { ...{ id, name, scopes }, created_at: createdAt, last_used_on: lastUsedOn, expires_at: expiresAt };
}
