import type { Metrics } from "../../domain/operation/metrics.ts";
import type { PushServices } from "../../domain/ports.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { PushDeliveries } from "./deliveries.ts";
import { Notices } from "./notices.ts";
import { PushDevices } from "./push-devices.ts";
import { PushPreferences } from "./push-preferences.ts";
import { PushedMessages } from "./pushed-messages.ts";
import { Pushes, type PushesDeps } from "./pushes.ts";

type Deps = Omit<PushesDeps, "devices" | "preferences" | "notices" | "deliveries" | "messages"> &
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
  pushes: Pushes;
}

/** Creates the parts from the tables of the inbox, and connects them. */
export function createPush(sql: SqlStorage, deps: Deps): PushParts {
  const devices = new PushDevices(sql);
  const preferences = new PushPreferences(sql);
  const notices = new Notices(sql);
  const messages = new PushedMessages(deps);
  const deliveries = new PushDeliveries({ ...deps, devices, notices, messages });
  const pushes = new Pushes({ ...deps, devices, preferences, notices, messages, deliveries });
  return { devices, preferences, deliveries, pushes };
}
