import type { z } from "@hono/zod-openapi";
import type { PushSettings as Settings, ShownPushDevice } from "../../../../domain/push/device.ts";
import type { PushDevice, PushSettings } from "../../schemas/push.ts";

/** A push device, without its endpoint or token. */
export function serializePushDevice(device: ShownPushDevice): z.infer<typeof PushDevice> {
  const { id, kind, content, language, createdAt } = device;
  return { device_id: id, kind, content, language, created_at: createdAt };
}

/** What a user has chosen of pushes. */
export function serializePushSettings({
  devices,
  levels,
  quietHours,
}: Settings): z.infer<typeof PushSettings> {
  return {
    devices: devices.map(serializePushDevice),
    levels: levels.map(({ conversationId, level }) => ({ conversation_id: conversationId, level })),
    quiet_hours: quietHours && {
      ...{ from: quietHours.from, to: quietHours.to, time_zone: quietHours.timeZone },
    },
  };
}
