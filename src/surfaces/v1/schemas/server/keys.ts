import { z } from "@hono/zod-openapi";
import {
  DateUtc,
  NewServerKey as NewKey,
  ServerKeyId,
  ServerScope,
} from "../../../../domain/server/server-key.ts";
import { Time } from "../../common.ts";

const Scopes = z.array(ServerScope).openapi({
  description: "What the key may do: each call of the section *Server* names the one that it needs",
});

export const ServerKey = z
  .object({
    id: ServerKeyId,
    name: z.string(),
    scopes: Scopes,
    created_at: Time,
    last_used_on: DateUtc.nullable().openapi({ description: "A date in UTC; null: never" }),
    expires_at: Time.nullable().openapi({ description: "null: it does not end by itself" }),
  })
  .openapi("ServerKey", { description: "The key of a backend, without its secret" });

export const NewServerKey = z
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
