import { createRoute, type RouteConfig, type z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { LIMITS } from "../../domain/limits.ts";
import type { ServerScope } from "../../domain/server/server-key.ts";
import type { Cost } from "../../http/access/rate-limit.ts";
import { withServerKey } from "../../http/access/server-key.ts";
import { jsonBody as readJsonBody } from "../../http/body.ts";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { authenticated, signedIn } from "./auth.ts";

/**
 * Reads the JSON body of a v1 call, at most `LIMITS.writtenBytes`. It runs after `authenticated`, so that 401
 * comes first.
 */
export const v1Body: MiddlewareHandler<AppEnv> = readJsonBody(LIMITS.writtenBytes);

/** What a route states itself. */
type OwnRoute = Pick<RouteConfig, "summary" | "description" | "request" | "responses"> & {
  operationId: string;
};

/** What is checked of a call besides its token, as its weight. */
type Check = MiddlewareHandler<CallerEnv> | MiddlewareHandler<AppEnv>;

const proceed: MiddlewareHandler<AppEnv> = (_, next) => next();

/**
 * Makes the routes of one tag that need a token. `check` comes after the token, and before a JSON body is
 * read: 401 comes first. `openapi/document.ts` adds the failures that all such routes have: 401, and 400 and
 * 413 with a body.
 */
export function callerRoutes(tag: string, check: Check = proceed) {
  return routesOf(tag, check, authenticated, [{ bearer: [] }, { server_key: [] }]);
}

/** The same for calls about passwords and sessions, which no server key makes as a user. */
export function ownRoutes(tag: string, check: Check = proceed) {
  return routesOf(tag, check, signedIn, [{ bearer: [] }]);
}

function routesOf(
  tag: string,
  check: Check,
  caller: MiddlewareHandler<CallerEnv>,
  security: Record<string, string[]>[],
) {
  return function callerRoute<
    Method extends RouteConfig["method"],
    Path extends string,
    Route extends OwnRoute,
  >(method: Method, path: Path, route: Route) {
    const { operationId, request } = route;
    const hasBody = request?.body?.content["application/json"] !== undefined;
    // The document has its fields in this order.
    const begin = { method, path, operationId, tags: [tag] };
    return createRoute({
      ...begin,
      ...route,
      security,
      middleware: [caller, check, hasBody ? v1Body : proceed] as const,
    });
  };
}

/**
 * Makes the routes that a team's backend calls with a server key of a scope. The failures of all of them are
 * added by `openapi/document.ts`, and the scope to the description.
 * @param cost of calls that cost more than others
 * @param body reads the body of calls that have one
 */
export function serverRoutes(scope: ServerScope, cost?: Cost, body: MiddlewareHandler<AppEnv> = v1Body) {
  const says = { tag: "Server", begins: `Scope \`${scope}\`. `, security: [{ server_key: [] }] };
  return keyRoutes(says, withServerKey(scope, cost), body);
}

/**
 * Makes routes that a server key may call.
 * @param says what the description of each begins with, and who may call it
 * @param check looks at the key, before the body is read
 */
export function keyRoutes<Check extends MiddlewareHandler>(
  { tag, begins, security }: { tag: string; begins: string; security: Record<string, string[]>[] },
  check: Check,
  body: MiddlewareHandler<AppEnv> = v1Body,
) {
  return function keyRoute<Method extends RouteConfig["method"], Path extends string, Route extends OwnRoute>(
    method: Method,
    path: Path,
    route: Route,
  ) {
    const { operationId, request, description } = route;
    const hasBody = request?.body?.content["application/json"] !== undefined;
    return createRoute({
      ...{ method, path, operationId, tags: [tag] },
      ...route,
      description: `${begins}${description ?? ""}`.trim(),
      security,
      middleware: [check, hasBody ? body : proceed] as const,
    });
  };
}

/** The body of a request. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}

/** The same, which may be absent. */
export function optionalBody<Schema extends z.ZodType>(schema: Schema) {
  return { content: { "application/json": { schema } } };
}

/** An answer with a body. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } };
}
