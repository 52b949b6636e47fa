import { type Context, Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { ConversationStubs, RelayStubs } from "./conversation/stub.ts";
import { HashTurns } from "./core/accounts/hash-turns.ts";
import { SessionCache } from "./core/accounts/session-cache.ts";
import type { Core } from "./core/context.ts";
import { ThumbnailTurns } from "./core/files/thumbnail-turns.ts";
import { HealthCheck } from "./core/health-check.ts";
import { KeyCache } from "./core/server/key-cache.ts";
import { KeySets } from "./core/server/key-sets.ts";
import { CoreError, type Failure } from "./domain/errors.ts";
import { FileOrigins } from "./domain/files/file-origins.ts";
import type { SharedRules } from "./domain/moderation/rules/shared.ts";
import type { ReadableMetrics } from "./domain/operation/metrics.ts";
import { readSettings } from "./domain/settings.ts";
import type { Timing } from "./domain/timing.ts";
import { HookStubs } from "./hook/stub.ts";
import { clientBlock } from "./http/access/address-block.ts";
import { cors } from "./http/access/origin.ts";
import { privateAnswers, requireSafeSettings, requireServing } from "./http/access/serving.ts";
import type { AppEnv } from "./http/env.ts";
import { requestId, requestLog } from "./http/request-log.ts";
import { securityLogOf } from "./http/security-log.ts";
import { showFileUrls } from "./http/shown-files.ts";
import { SIGN_IN_PATH, signInPage } from "./http/sign-in-page.ts";
import { barePath, type Surface } from "./http/surface.ts";
import { InboxStubs } from "./inbox/stub.ts";
import { errorFields, log } from "./lib/logger.ts";
import { openDatabase } from "./storage/database.ts";
import { imagesBinding } from "./storage/files/thumbnails.ts";
import { appkey } from "./surfaces/appkey/app.ts";
import { formpost } from "./surfaces/formpost/app.ts";
import { incoming } from "./surfaces/incoming/app.ts";
import { kook } from "./surfaces/kook/app.ts";
import { telegram } from "./surfaces/telegram/app.ts";
import { tim } from "./surfaces/tim/app.ts";
import { usersig } from "./surfaces/usersig/app.ts";
import { v1 } from "./surfaces/v1/app.ts";

/** All surfaces, mounted on one router. The last one, v1, answers every path that no other surface owns. */
const SURFACES: readonly Surface[] = [appkey, formpost, incoming, kook, telegram, tim, usersig, v1];

const FAULT = new CoreError("internal", "Something went wrong on our side. The request may be tried again.");

/**
 * The HTTP side of the server: every surface mounted on one router.
 * Each request gets a `Core` of its own; the requests of an isolate share the session cache, the health and
 * the turns of password hashes.
 * @param timing is read again at each use
 * @param rules shared with the objects of the isolate
 */
export function createApp(
  timing: Timing,
  metrics: ReadableMetrics,
  rules: SharedRules,
  hashTurns = new HashTurns(timing.hashing),
): Hono<AppEnv> {
  const sessionCache = new SessionCache(timing.sessionCache);
  const keyCache = new KeyCache(timing.serverKeys);
  const keySets = new KeySets(timing.keySets);
  const thumbnailTurns = new ThumbnailTurns(timing.thumbnails);
  const health = new HealthCheck(timing.health);
  const app = new Hono<AppEnv>({ strict: false });
  /** The failure in the envelope of the surface that owns the path; every refusal of a request is counted. */
  const refuse = (c: Context<AppEnv>, failure: Failure): Response | Promise<Response> => {
    const surface = surfaceOf(c.req.path);
    metrics.count("refusals", { surface: surface.name, code: failure.code });
    return surface.refuse(c, failure);
  };

  app.use(requestId);
  app.use(privateAnswers);
  app.use(async (c, next) => {
    const settings = readSettings(c.env);
    const fileOrigins = new FileOrigins(settings, new URL(c.req.url).origin);
    const core: Core = {
      db: openDatabase(c.env.DB),
      files: c.env.FILES,
      images: imagesBinding(c.env),
      thumbnailTurns,
      conversations: new ConversationStubs(c.env.CONVERSATION, timing.rpcRetry),
      relays: new RelayStubs(c.env.RELAY, timing.rpcRetry),
      inboxes: new InboxStubs(c.env.INBOX, timing.rpcRetry),
      hooks: new HookStubs(c.env.HOOK, timing.rpcRetry),
      sessionCache,
      keyCache,
      keySets,
      secretOf: (name) => secretIn(c.env, name),
      ...{ health, rules },
      hashTurns: { run: (work) => hashTurns.run(work, clientBlock(c.req)) },
      securityLog: securityLogOf(c.req),
      metrics,
      surface: surfaceOf(c.req.path).name,
      ...{ settings, fileOrigins },
      timing,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    };
    c.set("core", core);
    showFileUrls(c);
    await next();
  });
  app.use(requestLog);
  app.use(cors);
  app.use(requireSafeSettings);
  app.use(requireServing);
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: async (c, allowed) => {
        const refused = new CoreError("method_not_allowed", `This path takes ${allowed.join(", ")}.`);
        const response = await refuse(c, refused.toFailure());
        response.headers.set("Allow", allowed.join(", "));
        return response;
      },
    }),
  );

  app.get(SIGN_IN_PATH, signInPage);
  // Views of the page have their addresses behind `#`.
  app.get("/admin", (c) => c.redirect("/#/admin"));
  for (const { router } of SURFACES) app.route("/", router);

  // An error that is not a `CoreError` is a bug: logged in full, answered without its details.
  app.onError((error, c) => {
    const { name } = surfaceOf(c.req.path);
    if (!(error instanceof CoreError)) {
      log("error", "fault", { surface: name, method: c.req.method, ...errorFields(error) });
      return refuse(c, FAULT.toFailure());
    }
    if (error.code === "internal") log("error", "misconfigured", { surface: name, detail: error.message });
    return refuse(c, error.toFailure());
  });
  app.notFound((c) => refuse(c, new CoreError("no_such_path", "There is no such path.").toFailure()));
  return app;
}

/** A binding that is a text; null for any other. */
function secretIn(env: Env, name: string): string | null {
  const bindings: Record<string, unknown> = { ...env };
  const value = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
  return typeof value === "string" ? value : null;
}

/** The surface that owns a path; v1 if none does. */
function surfaceOf(path: string): Surface {
  return SURFACES.find((surface) => surface.owns(barePath(path))) ?? v1;
}
