import type { Context, Hono } from "hono";
import type { Failure } from "../domain/errors.ts";
import type { AppEnv } from "./env.ts";

/** One wire API over the core, as `src/app.ts` mounts it. */
export interface Surface {
  /** the name of its folder, for logs */
  name: string;
  /** its routes; errors of handlers are answered by `refuse` */
  router: Hono<AppEnv>;
  /**
   * Whether a path is the surface's, whether a route exists there or not.
   * @param path without a trailing slash
   */
  owns(path: string): boolean;
  /** The answer to a failure, in the surface's envelope. */
  refuse(c: Context<AppEnv>, failure: Failure): Response | Promise<Response>;
}

/** A path without its trailing slash, as surfaces compare paths. */
export function barePath(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
