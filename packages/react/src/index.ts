/** All parts, for apps that load them at once. Each folder is an entry of its own, too. */
export * from "./composer/index.ts";
export * from "./list/index.ts";
export * from "./message/index.ts";
export * from "./timeline/index.ts";
