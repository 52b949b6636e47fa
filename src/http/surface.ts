import type { Context, Hono } from "hono";
import type { Failure } from "../domain/errors.ts";
import type { AppEnv } from "./env.ts";

/** One wire API over the core: what `src/app.ts` needs to mount it. */
export interface Surface {
  /** its folder's name, in logs */
  name: string;
  /** its routes; what a handler throws is answered by `refuse` */
  router: Hono<AppEnv>;
  /** whether a path, written without a last slash, is of this surface, also where there is nothing */
  owns(path: string): boolean;
  /** A failure, in the envelope which the surface's clients know. */
  refuse(c: Context<AppEnv>, failure: Failure): Response;
}

/** A path as surfaces compare it: with or without a last slash it is the same. */
export function barePath(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
