import type { Metrics } from "../../domain/operation/metrics.ts";
import type { PushServices } from "../../domain/ports.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { PushDeliveries } from "./push-deliveries.ts";
import { PushDevices } from "./push-devices.ts";
import { PushNotices } from "./push-notices.ts";
import { PushOutfeed, type PushOutfeedDeps } from "./push-outfeed.ts";
import { PushPreferences } from "./push-preferences.ts";
import { PushedMessages } from "./pushed-messages.ts";

type Deps = Omit<PushOutfeedDeps, "devices" | "preferences" | "notices" | "deliveries" | "messages"> &
  ConstructorParameters<typeof PushedMessages>[0] & {
    list: Pick<ConversationList, "calling">;
    services: PushServices;
    metrics: Metrics;
  };

/** The pushes of a user: their devices, what they have chosen, what is decided and what is sent. */
export interface PushParts {
  devices: PushDevices;
  preferences: PushPreferences;
  deliveries: PushDeliveries;
  outfeed: PushOutfeed;
}

/** Creates the parts from the tables of the inbox, and connects them. */
export function createPush(sql: SqlStorage, deps: Deps): PushParts {
  const devices = new PushDevices(sql);
  const preferences = new PushPreferences(sql);
  const notices = new PushNotices(sql);
  const messages = new PushedMessages(deps);
  const deliveries = new PushDeliveries({ ...deps, devices, notices, messages });
  const outfeed = new PushOutfeed({ ...deps, devices, preferences, notices, messages, deliveries });
  return { devices, preferences, deliveries, outfeed };
}
