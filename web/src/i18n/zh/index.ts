import type { Catalog } from "../catalog.ts";
import { app } from "./app.ts";
import { composer } from "./composer.ts";
import { conversation } from "./conversation.ts";
import { list } from "./list.ts";
import { message } from "./message.ts";
import { timeline } from "./timeline.ts";

export const texts: Catalog = {
  ...app,
  ...composer,
  ...conversation,
  ...list,
  ...message,
  ...timeline,
};
