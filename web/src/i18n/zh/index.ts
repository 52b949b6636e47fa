import type { Catalog } from "../catalog.ts";
import { account } from "./account.ts";
import { app } from "./app.ts";
import { composer } from "./composer.ts";
import { conversation } from "./conversation.ts";
import { group } from "./group.ts";
import { list } from "./list.ts";
import { message } from "./message.ts";
import { people } from "./people.ts";
import { settings } from "./settings.ts";
import { timeline } from "./timeline.ts";

export const zh: Catalog = {
  ...app,
  ...account,
  ...group,
  ...list,
  ...conversation,
  ...composer,
  ...message,
  ...people,
  ...settings,
  ...timeline,
};
