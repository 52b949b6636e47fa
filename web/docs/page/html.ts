import type { html } from "hono/html";

/** Escaped HTML, as `hono/html` builds it. */
export type Html = ReturnType<typeof html>;
