/** The tables of D1. drizzle-kit reads this file, and writes the migrations from it. */
export * from "./schema/accounts.ts";
export * from "./schema/contacts.ts";
export * from "./schema/conversations.ts";
export * from "./schema/file-urls.ts";
export * from "./schema/files.ts";
export * from "./schema/moderation.ts";
export * from "./schema/operation.ts";
export * from "./schema/server.ts";
export * from "./schema/spaces.ts";
