import type { LaterCatalog } from "../../catalog.ts";
import { account } from "./account.ts";
import { app } from "./app.ts";
import { composer } from "./composer.ts";
import { data } from "./data.ts";
import { embed } from "./embed.ts";
import { group } from "./group.ts";
import { list } from "./list.ts";
import { message } from "./message.ts";
import { moderation } from "./moderation.ts";
import { people } from "./people.ts";
import { requests } from "./requests.ts";
import { settings } from "./settings.ts";
import { spaces } from "./spaces.ts";
import { timeline } from "./timeline.ts";

export const texts: LaterCatalog = {
  ...account,
  ...app,
  ...composer,
  ...data,
  ...embed,
  ...group,
  ...list,
  ...message,
  ...moderation,
  ...people,
  ...requests,
  ...settings,
  ...spaces,
  ...timeline,
};
