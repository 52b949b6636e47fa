import { z } from "zod";
import { type NumberedUpdate, updateJson } from "../../../domain/bots/bot-update.ts";

const Stored = z.looseObject({ update_id: z.int() });

/** Updates as a call answers with them. */
export function updatesAsObjects(updates: readonly NumberedUpdate[]) {
  return updates.map((update) => Stored.parse(JSON.parse(updateJson(update))));
}
