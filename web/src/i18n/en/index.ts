import type { Text } from "../text.ts";
import { app } from "./app.ts";
import { composer } from "./composer.ts";
import { conversation } from "./conversation.ts";
import { list } from "./list.ts";
import { message } from "./message.ts";
import { timeline } from "./timeline.ts";

export const texts = {
  ...app,
  ...composer,
  ...conversation,
  ...list,
  ...message,
  ...timeline,
} as const satisfies Record<string, Text>;
