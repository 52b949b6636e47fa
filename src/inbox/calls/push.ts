import { noConversation } from "../../domain/errors.ts";
import type { SessionId } from "../../domain/ids.ts";
import type {
  ChosenLevel,
  PushDeviceId,
  PushRegistration,
  PushSettings,
  QuietHours,
  ShownPushDevice,
} from "../../domain/push/device.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { repeatable, requireAccount } from "./call.ts";

const { light, page } = WEIGHTS;

/** The calls that concern pushes. */
export const PUSH = {
  /**
   * Registers a push device, or changes it, for the length of a session. Idempotent.
   * @see PushDevices.put
   * @throws `unauthenticated` for an ended session or a deleted account, `conflict` for too many
   */
  putPushDevice: repeatable(
    light,
    (
      components,
      { sessionId, ...registration }: PushRegistration & { sessionId: SessionId },
    ): ShownPushDevice => {
      requireAccount(components);
      components.sessionGate.requireActive(sessionId);
      components.space.require();
      const { target, ...shown } = registration;
      const { devices, deliveries } = components.push;
      for (const id of devices.put(registration, sessionId)) deliveries.forgetSent(id);
      const createdAt = devices.get(registration.id)?.createdAt ?? Date.now();
      return { ...shown, kind: target.kind, createdAt };
    },
  ),

  /** Forgets a push device. Idempotent. */
  deletePushDevice: effect(
    repeatable(light, ({ push }, { id }: { id: PushDeviceId }) => push.deliveries.forget(id)),
  ),

  /** The user's push devices, and what they have chosen of pushes. */
  pushSettings: repeatable(page, ({ push: { devices, preferences } }): PushSettings => {
    return {
      devices: devices.shown(),
      levels: preferences.levels(),
      quietHours: preferences.quietHours,
    };
  }),

  /**
   * Chooses which messages of a listed conversation are pushed. Idempotent.
   * @throws `not_found`, `conflict`
   */
  setPushLevel: effect(
    repeatable(light, (components, { conversationId, level }: ChosenLevel) => {
      requireAccount(components);
      if (components.list.listedAs(conversationId)?.state !== "active") throw noConversation();
      components.space.require();
      components.push.preferences.setLevel(conversationId, level);
    }),
  ),

  /** Sets the quiet hours; null: there are none. Idempotent. */
  setQuietHours: effect(
    repeatable(light, (components, { hours }: { hours: QuietHours | null }) => {
      requireAccount(components);
      components.push.preferences.setQuietHours(hours);
    }),
  ),
};
