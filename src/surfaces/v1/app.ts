import { onError } from "./errors.ts";
import { v1Router } from "./router.ts";
import { health } from "./routes/health.ts";

/** Parley's own API. */
export const v1 = v1Router();
v1.onError(onError);
v1.route("/", health);
