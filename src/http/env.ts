import type { Core } from "../core/context.ts";
import type { Credential } from "../domain/accounts/session.ts";

/** The bindings and variables in the context of every handler. */
export interface AppEnv {
  Bindings: Env;
  Variables: { core: Core };
}

/** The context of handlers behind authentication: it holds the caller, too. */
export interface CallerEnv extends AppEnv {
  Variables: AppEnv["Variables"] & { caller: Credential };
}
